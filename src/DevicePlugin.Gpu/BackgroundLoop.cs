using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu;

/// <summary>
/// Runs work that has to go on as long as the process does. If it throws, it is started again after a pause: nothing else would
/// restart it, and nobody would notice that it had stopped.
/// </summary>
public static class BackgroundLoop
{
    /// <summary>How long a loop rests after a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <param name="name">What the work does, for the log.</param>
    /// <param name="loop">The work. If it returns, it is finished and not started again.</param>
    /// <param name="timeProvider">Measures the pause.</param>
    /// <param name="logger">Gets a line for each failure.</param>
    /// <param name="stopping">Ends the work.</param>
    public static async Task RunAsync(
        string name, Func<Task> loop, TimeProvider timeProvider, ILogger logger, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await loop().ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                logger.BackgroundLoopFailed(name, Pause.TotalSeconds, exception);
            }

            await Task.Delay(Pause, timeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
