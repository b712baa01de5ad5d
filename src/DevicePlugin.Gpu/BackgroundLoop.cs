using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu;

/// <summary>
/// Work that goes on as long as the process does. Whatever it throws, it goes on after a pause: nobody would start it again, and
/// nobody would notice that it is missing.
/// </summary>
public static class BackgroundLoop
{
    /// <summary>How long a loop rests after a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <param name="name">For the log: what it does.</param>
    /// <param name="loop">Returns when there is no more to do.</param>
    /// <param name="timeProvider">Measures the pause.</param>
    /// <param name="logger">Hears of each failure.</param>
    /// <param name="stopping">The end of the loop.</param>
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
