namespace DevicePlugin.Hardware.Mps;

/// <summary>Starts a daemon and waits until it answers.</summary>
internal static class MpsLaunch
{
    // sun_path of sockaddr_un, less its end. Beyond it the daemon fails without a word.
    private const int LongestSocketPath = 107;
    private const string LongestSocketName = "/control_privileged";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <returns>What went wrong; null when the daemon answers.</returns>
    public static async Task<string?> RunAsync(
        MpsBlock block, MpsControl control, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (MakeFolders(block) is { } problem)
        {
            return problem;
        }

        var started = await control.StartAsync(block.Gpus.Select(gpu => gpu.Uuid), cancellationToken)
            .ConfigureAwait(false);
        if (!started.IsDone)
        {
            return $"the MPS control daemon does not start: {started.Problem}";
        }

        var began = timeProvider.GetTimestamp();
        while (true)
        {
            var reply = await control.PingAsync(cancellationToken).ConfigureAwait(false);
            if (reply.State == MpsState.Answers)
            {
                return null;
            }

            if (timeProvider.GetElapsedTime(began) >= ReadyLimit)
            {
                return $"the MPS control daemon was started and does not answer: {reply.Problem}";
            }

            await Task.Delay(Poll, timeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string? MakeFolders(MpsBlock block)
    {
        var length = System.Text.Encoding.UTF8.GetByteCount(block.PipeDirectory) + LongestSocketName.Length;
        if (length > LongestSocketPath)
        {
            return $"the pipe folder \"{block.PipeDirectory}\" makes the path of a socket {length} bytes long, and " +
                $"{LongestSocketPath} are the most; set a shorter mps.pipe_directory";
        }

        return (MpsFolder.Make(block.PipeDirectory) ?? MpsFolder.Make(block.LogDirectory)) is { } fault
            ? $"a folder of the MPS control daemon is not to be used: {fault}; correct or remove it, or set mps.pipe_directory and "
                + "mps.log_directory"
            : null;
    }
}
