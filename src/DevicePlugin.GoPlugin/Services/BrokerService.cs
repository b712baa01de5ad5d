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
    public override Task StartStream(
        IAsyncStreamReader<ConnInfo> requestStream, IServerStreamWriter<ConnInfo> responseStream,
        ServerCallContext context) => IgnoreOffersAsync(requestStream, context.CancellationToken);

    internal async Task IgnoreOffersAsync(IAsyncStreamReader<ConnInfo> offers, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var offer in offers.ReadAllAsync(cancellationToken))
            {
                logger.BrokerOfferIgnored(offer.ServiceId, offer.Network, offer.Address);
            }
        }
        catch (IOException)
        {
            // A host closes the connection without ending this stream. Whether that arrives as a cancelled call or as a reset
            // stream is a race in Kestrel, and a reset would be logged as an error at every orderly end.
        }
    }
}
