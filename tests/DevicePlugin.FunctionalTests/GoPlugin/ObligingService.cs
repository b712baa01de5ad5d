using System.Threading.Channels;
using DevicePlugin.Nomad.Protocol;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.GoPlugin;

/// <summary>
/// Stands in for a plugin's service, in the worst way: it ends its stream well as soon as its token is cancelled.
/// </summary>
internal sealed class ObligingService(ObligingService.Calls calls) : Nomad.Protocol.DevicePlugin.DevicePluginBase
{
    public const string Name = "hashicorp.nomad.plugins.device.DevicePlugin";

    public override async Task Fingerprint(
        FingerprintRequest request, IServerStreamWriter<FingerprintResponse> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new FingerprintResponse());
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.CancellationToken.Register(() => cancelled.TrySetResult());
        await cancelled.Task;
        calls.Ended.Writer.TryWrite(true);
    }

    /// <summary>Sends back what it got.</summary>
    public override Task<ReserveResponse> Reserve(ReserveRequest request, ServerCallContext context)
    {
        var reply = new ReserveResponse { ContainerRes = new ContainerReservation() };
        reply.ContainerRes.Envs["ids"] = string.Join(',', request.DeviceIds);
        return Task.FromResult(reply);
    }

    /// <summary>Answers with a message of as many mebibytes as the interval has seconds.</summary>
    public override Task Stats(
        StatsRequest request, IServerStreamWriter<StatsResponse> responseStream, ServerCallContext context)
    {
        var group = new DeviceGroupStats { Vendor = new string('v', (int)request.CollectionInterval.Seconds << 20) };
        return responseStream.WriteAsync(new StatsResponse { Groups = { group } });
    }

    public sealed class Calls
    {
        public Channel<bool> Ended { get; } = Channel.CreateUnbounded<bool>();
    }
}
