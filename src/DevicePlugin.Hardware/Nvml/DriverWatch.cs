using System.Runtime.CompilerServices;
using DevicePlugin.Gpu;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Waits for a backend's events. Until the driver can be opened, it retries every few seconds instead, so that a driver is found
/// soon after it is loaded, whatever the fingerprint period.
/// </summary>
internal sealed class DriverWatch(
    NvmlConnection connection, NvmlWorker control, GpuEventHub hub, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan StuckRetry = TimeSpan.FromSeconds(30);

    public async IAsyncEnumerable<GpuEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = hub.Subscribe();
        try
        {
            var readable = channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
            while (true)
            {
                if (!await WaitAsync(readable, cancellationToken).ConfigureAwait(false))
                {
                    continue;
                }

                if (!await readable.ConfigureAwait(false))
                {
                    yield break;
                }

                while (channel.Reader.TryRead(out var gpuEvent))
                {
                    yield return gpuEvent;
                }

                readable = channel.Reader.WaitToReadAsync(cancellationToken).AsTask();
            }
        }
        finally
        {
            hub.Unsubscribe(channel);
        }
    }

    /// <summary>True when an event came, or no more will.</summary>
    private async Task<bool> WaitAsync(Task<bool> readable, CancellationToken cancellationToken)
    {
        if ((control.IsOverdue ? StuckRetry : connection.RetryIn) is not { } delay)
        {
            await readable.ConfigureAwait(false);
            return true;
        }

        try
        {
            await readable.WaitAsync(delay, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // An event may have come since the time was up.
            if (!readable.IsCompleted)
            {
                await RetryAsync(cancellationToken).ConfigureAwait(false);
            }

            return readable.IsCompleted;
        }
    }

    private async Task RetryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await control.RunAsync(() => connection.Ensure(isRetry: true), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            logger.DriverUnavailable(DriverStateWord.Of(DriverState.Failed), exception.Message);
        }
        catch (NvmlException)
        {
            // Disposed meanwhile; the channel is completed, and the watch ends with it.
        }
    }
}
