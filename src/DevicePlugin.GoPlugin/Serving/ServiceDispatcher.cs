using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>
/// Sets a service up when it is first called. Each costs one to two milliseconds under Native AOT, most of it for
/// generic types that are built at run time; a host waits for one of them only, and some are never called.
/// </summary>
internal sealed class ServiceDispatcher
{
    private readonly Dictionary<string, Lazy<RequestDelegate>> _services;

    public ServiceDispatcher(IServiceProvider provider, IEnumerable<PluginService> services) =>
        _services = services.ToDictionary(
            service => service.Name, service => new Lazy<RequestDelegate>(() => Build(provider, service)),
            StringComparer.Ordinal);

    public Task DispatchAsync(HttpContext context)
    {
        var path = context.Request.Path.Value.AsSpan();
        var end = path.LastIndexOf('/');
        return end > 0 &&
            _services.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path[1..end], out var service)
            ? service.Value(context)
            : AnswerUnimplemented(context);
    }

    /// <summary>The reflection service tells only of what is set up.</summary>
    public void SetUpAll(string except)
    {
        foreach (var (name, service) in _services)
        {
            if (name != except)
            {
                _ = service.Value;
            }
        }
    }

    private static RequestDelegate Build(IServiceProvider provider, PluginService service)
    {
        var branch = new ApplicationBuilder(provider);
        branch.UseRouting();
        branch.UseEndpoints(service.Map);
        return branch.Build();
    }

    private static Task AnswerUnimplemented(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = "Service is unimplemented.";
        return Task.CompletedTask;
    }
}
