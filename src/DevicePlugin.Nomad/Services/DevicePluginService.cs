using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Nomad.Reservations;
using DevicePlugin.Nomad.Statistics;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.Nomad.Services;

/// <summary>
/// What Nomad asks of a device plugin. The streams last as long as the connection: Nomad takes the end of one, clean or
/// not, for the end of the devices (client/devicemanager/instance.go).
/// </summary>
public sealed class DevicePluginService(
    InventoryMonitor monitor, StatisticsSampler sampler, Reserver reserver, ServiceActivity activity,
    ILogger<DevicePluginService> logger)
    : Wire.DevicePluginBase
{
    public override Task Fingerprint(
        FingerprintRequest request, IServerStreamWriter<FingerprintResponse> responseStream, ServerCallContext context) =>
        GuardAsync(nameof(Fingerprint), async token =>
        {
            var maker = new MessageMaker(nameof(Fingerprint), logger);
            FingerprintResponse? last = null;
            await foreach (var inventory in monitor.WatchAsync(token))
            {
                var message = maker.Make(inventory, told => FingerprintMapper.ToMessage(told, logger));

                // An inventory can differ in what Nomad is not told of; sending it would make Nomad compare for nothing.
                if (message is not null && !message.Equals(last))
                {
                    last = message;
                    await responseStream.WriteAsync(message, token);
                }
            }
        }, context.CancellationToken);

    public override Task<ReserveResponse> Reserve(ReserveRequest request, ServerCallContext context)
    {
        try
        {
            var reservation = reserver.Reserve(request.DeviceIds);
            if (request.DeviceIds.Count > 0)
            {
                logger.Reserved(string.Join(',', request.DeviceIds));
                if (reservation.Warning is { } warning)
                {
                    logger.ReservationWarning(warning);
                }

                activity.Reserve(request.DeviceIds, logger.ReservationListenerFailed);
            }

            return Task.FromResult(ReservationMapper.ToMessage(reservation));
        }
        catch (ReservationException exception)
        {
            logger.ReservationRefused(exception.Message);
            activity.Refuse();
            throw new RpcException(new Status(StatusCode.InvalidArgument, exception.Message));
        }
    }

    public override Task Stats(
        StatsRequest request, IServerStreamWriter<StatsResponse> responseStream, ServerCallContext context) =>
        GuardAsync(nameof(Stats), async token =>
        {
            var maker = new MessageMaker(nameof(Stats), logger);
            await foreach (var sample in sampler.SampleAsync(IntervalOf(request), token))
            {
                if (maker.Make(sample, StatisticsMapper.ToMessage) is { } message)
                {
                    await responseStream.WriteAsync(message, token);
                }
            }
        }, context.CancellationToken);

    /// <summary>Absent is zero, which the sampler replaces; what a TimeSpan cannot hold is bounded there too.</summary>
    private static TimeSpan IntervalOf(StatsRequest request) => request.CollectionInterval is { } interval
        ? TimeSpan.FromSeconds(Math.Clamp(interval.Seconds, -1, (long)StatisticsSampler.MaximumInterval.TotalSeconds))
            + TimeSpan.FromTicks(Math.Clamp(interval.Nanos, -999_999_999, 999_999_999) / TimeSpan.NanosecondsPerTick)
        : TimeSpan.Zero;

    // The client log of Nomad prints the wrong variable when a stream fails, so the reason is only to be had here.
    private async Task GuardAsync(string stream, Func<CancellationToken, Task> body, CancellationToken token)
    {
        activity.Begin(stream);
        try
        {
            await body(token);
        }
        catch (Exception exception) when (!token.IsCancellationRequested)
        {
            logger.StreamFailed(stream, exception);
            throw;
        }
        finally
        {
            activity.End(stream);
        }
    }
}
