using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace DevicePlugin.GoPlugin;

/// <summary>One gRPC service of a plugin.</summary>
public sealed class PluginService
{
    private const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods |
        DynamicallyAccessedMemberTypes.NonPublicMethods;

    private PluginService(string name, Action<IEndpointRouteBuilder> map)
    {
        Name = name;
        Map = map;
    }

    /// <summary>Package and name as in the .proto file.</summary>
    public string Name { get; }

    internal Action<IEndpointRouteBuilder> Map { get; }

    /// <summary>
    /// A service whose implementation is made by injection, as by <c>MapGrpcService</c>. The name is asked for because
    /// the service is set up when it is first called, and a generated class tells its name only with the whole
    /// descriptor of its file.
    /// </summary>
    public static PluginService Of<[DynamicallyAccessedMembers(Members)] TService>(string name)
        where TService : class => new(name, endpoints => endpoints.MapGrpcService<TService>());

    internal static PluginService Of(string name, Action<IEndpointRouteBuilder> map) => new(name, map);
}
