using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>
/// Sets a service up when it is first called. Each costs one to four milliseconds under Native AOT, most of it for
/// generic types that are built at run time; a host waits for one of them only, and some are never called.
/// </summary>
internal sealed class ServiceDispatcher
{
    private readonly Dictionary<string, Lazy<ServiceRoutes>> _services;

    public ServiceDispatcher(IServiceProvider provider, IEnumerable<PluginService> services) =>
        _services = services.ToDictionary(
            service => service.Name, service => new Lazy<ServiceRoutes>(() => new ServiceRoutes(provider, service)),
            StringComparer.Ordinal);

    public Task DispatchAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (FindService(path)?.Find(path) is not { RequestDelegate: { } handler } endpoint)
        {
            return AnswerUnimplemented(context);
        }

        context.SetEndpoint(endpoint);
        return handler(context);
    }

    public void SetUp(string name) => _ = _services[name].Value;

    /// <summary>Everything that can be called, for the reflection service.</summary>
    public EndpointDataSource SetUpAll() =>
        new CompositeEndpointDataSource(_services.Values.SelectMany(service => service.Value.DataSources));

    private ServiceRoutes? FindService(string path)
    {
        var end = path.LastIndexOf('/');
        return end > 0 &&
            _services.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(path.AsSpan(1, end - 1), out var service)
            ? service.Value
            : null;
    }

    private static Task AnswerUnimplemented(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = "This plugin has no such method.";
        return Task.CompletedTask;
    }
}
