using DevicePlugin.GoPlugin.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Services;

/// <summary>
/// Every host opens this stream at once (grpc_client.go) and would log its absence. We offer no further connections, so
/// nothing is ever written to it.
/// </summary>
internal sealed class BrokerService(ILogger<BrokerService> logger) : GRPCBroker.GRPCBrokerBase
{
    public override async Task StartStream(
        IAsyncStreamReader<ConnInfo> requestStream, IServerStreamWriter<ConnInfo> responseStream,
        ServerCallContext context)
    {
        await foreach (var offer in requestStream.ReadAllAsync(context.CancellationToken))
        {
            logger.BrokerOfferIgnored(offer.ServiceId, offer.Network, offer.Address);
        }
    }
}
