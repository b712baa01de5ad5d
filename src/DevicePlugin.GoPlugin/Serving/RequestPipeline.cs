using DevicePlugin.GoPlugin.Connections;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>What Kestrel calls for each request.</summary>
internal sealed class RequestPipeline(
    ServiceDispatcher services, HostConnections connections, IHttpContextFactory contexts) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => contexts.Create(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context)
    {
        if (context.Features.Get<ConnectionContext>() is { } connection)
        {
            connections.RequestSeen(connection);
        }

        return services.DispatchAsync(context);
    }

    public void DisposeContext(HttpContext context, Exception? exception) => contexts.Dispose(context);
}
