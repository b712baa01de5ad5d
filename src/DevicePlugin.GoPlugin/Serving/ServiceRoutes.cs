using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>
/// The methods of one service by path. A gRPC path has no parameters and needs no pattern to be matched, so the routing
/// middleware, whose matcher costs a millisecond to build, is left out.
/// </summary>
internal sealed class ServiceRoutes : IEndpointRouteBuilder
{
    private readonly Dictionary<string, Endpoint> _methods;

    public ServiceRoutes(IServiceProvider provider, PluginService service)
    {
        ServiceProvider = provider;
        service.Map(this);

        // Grpc.AspNetCore also maps patterns for what is unknown; these can never be equal to a path.
        _methods = DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .ToDictionary(endpoint => endpoint.RoutePattern.RawText!, Endpoint (endpoint) => endpoint);
    }

    public IServiceProvider ServiceProvider { get; }

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    public Endpoint? Find(string path) => _methods.GetValueOrDefault(path);
}
