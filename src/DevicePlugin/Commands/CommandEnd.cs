using System.Runtime.InteropServices;

namespace DevicePlugin.Commands;

/// <summary>
/// Ends a command at SIGINT and SIGTERM, however often they come: timeout(1) sends its signal to the process and to its group.
/// System.CommandLine's own handler throws at a second signal that comes before the end.
/// </summary>
internal static class CommandEnd
{
    /// <summary>How long a command may take to end. One that waits for the driver or a disk may not come back at all.</summary>
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
