using System.Text;
using DevicePlugin.GoPlugin.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using GrpcEmpty = Google.Protobuf.WellKnownTypes.Empty;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>Receives what a plugin prints after its handshake and offers through GRPCStdio.</summary>
internal static class StdioReceiver
{
    public static async Task RunAsync(
        CallInvoker plugin, Action<PluginOutput>? received, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            using var call = new GRPCStdio.GRPCStdioClient(plugin)
                .StreamStdio(new GrpcEmpty(), cancellationToken: cancellationToken);
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var data = call.ResponseStream.Current;
                var channel = data.Channel == StdioData.Types.Channel.Stderr
                    ? PluginOutputChannel.StandardError
                    : PluginOutputChannel.StandardOutput;
                received?.Invoke(new PluginOutput(channel, Encoding.UTF8.GetString(data.Data.Span)));
            }
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unimplemented or StatusCode.Unavailable)
        {
            // Older plugins have no such service, and go-plugin's own host accepts both answers (grpc_stdio.go).
            GoPluginClientLog.StdioNotOffered(logger, exception.StatusCode);
        }
        catch (RpcException exception)
        {
            GoPluginClientLog.StdioEnded(logger, exception.StatusCode, exception.Status.Detail);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A connection that breaks with the plugin looks cancelled to a reader in waiting.
            GoPluginClientLog.StdioEnded(logger, StatusCode.Cancelled, "");
        }
    }
}
