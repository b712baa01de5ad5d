using System.Diagnostics.CodeAnalysis;
using DevicePlugin.GoPlugin.Serving;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DevicePlugin.GoPlugin;

/// <summary>One gRPC service of a plugin.</summary>
public sealed class PluginService
{
    private const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods |
        DynamicallyAccessedMemberTypes.NonPublicMethods;

    private PluginService(
        string name, Action<IEndpointRouteBuilder> map, Action<IServiceCollection>? addOptions = null)
    {
        Name = name;
        Map = map;
        AddOptions = addOptions;
    }

    /// <summary>Package and name as in the .proto file.</summary>
    public string Name { get; }

    internal Action<IEndpointRouteBuilder> Map { get; }

    internal Action<IServiceCollection>? AddOptions { get; }

    /// <summary>
    /// A service whose implementation is made by injection, as by <c>MapGrpcService</c>. The name is asked for because
    /// the service is set up when it is first called, and a generated class tells its name only with the whole
    /// descriptor of its file.
    /// </summary>
    public static PluginService Of<[DynamicallyAccessedMembers(Members)] TService>(string name)
        where TService : class => new(
            name, endpoints => endpoints.MapGrpcService<TService>(),
            services => services.AddPlainOptions<GrpcServiceOptions<TService>>());

    internal static PluginService Of(string name, Action<IEndpointRouteBuilder> map) => new(name, map);
}
