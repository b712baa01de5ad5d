using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.GoPlugin.Stdio;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Services;

internal sealed class StdioService(StdioBuffer buffer, ILogger<StdioService> logger) : GRPCStdio.GRPCStdioBase
{
    public override async Task StreamStdio(
        Google.Protobuf.WellKnownTypes.Empty request, IServerStreamWriter<StdioData> responseStream,
        ServerCallContext context)
    {
        await foreach (var chunk in buffer.Reader.ReadAllAsync(context.CancellationToken))
        {
            if (buffer.TakeDropped() is > 0 and var dropped)
            {
                logger.StdioDropped(dropped);
            }

            await responseStream.WriteAsync(chunk, context.CancellationToken);
        }
    }
}
