using DevicePlugin.GoPlugin.Protocol;
using Grpc.Core;

namespace DevicePlugin.GoPlugin.Services;

internal sealed class ControllerService(PluginLifetime lifetime) : GRPCController.GRPCControllerBase
{
    public override Task<Empty> Shutdown(Empty request, ServerCallContext context)
    {
        // The answer goes out first: a host other than go-plugin's own may look at it.
        context.GetHttpContext().Response.OnCompleted(() =>
        {
            lifetime.RequestStop("the host asked for it");
            return Task.CompletedTask;
        });
        return Task.FromResult(new Empty());
    }
}
