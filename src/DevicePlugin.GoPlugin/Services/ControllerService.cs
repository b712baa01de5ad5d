using DevicePlugin.GoPlugin.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace DevicePlugin.GoPlugin.Services;

internal sealed class ControllerService(PluginLifetime lifetime, TimeProvider timeProvider)
    : GRPCController.GRPCControllerBase
{
    // For the answer to leave the process. go-plugin's host does not read it but closes the connection at once
    // (grpc_client.go, Close), which ends the wait.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(2);

    public override Task<Empty> Shutdown(Empty request, ServerCallContext context)
    {
        var httpContext = context.GetHttpContext();
        var closed = httpContext.Features.GetRequiredFeature<ConnectionContext>().ConnectionClosed;
        httpContext.Response.OnCompleted(() =>
        {
            _ = StopAfterAnswerAsync(closed);
            return Task.CompletedTask;
        });
        return Task.FromResult(new Empty());
    }

    private async Task StopAfterAnswerAsync(CancellationToken closed)
    {
        await Task.Delay(AnswerTime, timeProvider, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lifetime.RequestStop("the host asked for it");
    }
}
