using System.Runtime.InteropServices;

namespace DevicePlugin.Commands;

/// <summary>
/// Ends a command on SIGINT or SIGTERM, even if the signal is sent twice: timeout(1) signals the process and then its group.
/// System.CommandLine's own handler throws when a second signal arrives before the command has ended.
/// </summary>
internal static class CommandEnd
{
    /// <summary>How long a command may take to end. If it waits for the driver or a disk, it may never return.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> run)
    {
        // Never disposed: a signal may still be on its way to it when the command has ended.
        var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, ending));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, ending));
        var running = run(ending.Token);
        await Task.WhenAny(running, Task.Delay(Timeout.InfiniteTimeSpan, ending.Token));
        await Task.WhenAny(running, Task.Delay(Grace, CancellationToken.None));
        return running.IsCompleted ? await running : ExitCode.Interrupted;
    }

    private static void End(PosixSignalContext context, CancellationTokenSource ending)
    {
        context.Cancel = true;
        _ = ending.CancelAsync();
    }
}
