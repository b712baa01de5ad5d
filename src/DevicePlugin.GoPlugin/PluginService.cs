using System.Diagnostics.CodeAnalysis;
using DevicePlugin.GoPlugin.Serving;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DevicePlugin.GoPlugin;

/// <summary>One gRPC service of a plugin.</summary>
public sealed class PluginService
{
    /// <summary>What Grpc.AspNetCore asks of a service's type.</summary>
    internal const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods |
        DynamicallyAccessedMemberTypes.NonPublicMethods;

    private PluginService(string name, Action<IEndpointRouteBuilder> map, Action<IServiceCollection> register)
    {
        Name = name;
        Map = map;
        Register = register;
    }

    /// <summary>Package and name as in the .proto file.</summary>
    public string Name { get; }

    internal Action<IEndpointRouteBuilder> Map { get; }

    internal Action<IServiceCollection> Register { get; }

    /// <summary>
    /// A service of which one instance, made by injection, answers every call. The name is asked for because the service
    /// is set up when it is first called, and a generated class tells its name only with the whole descriptor of its
    /// file.
    /// </summary>
    /// <param name="bind">The generated class's <c>BindService(ServiceBinderBase, ...)</c>.</param>
    public static PluginService Of<[DynamicallyAccessedMembers(Members)] TService>(
        string name, Action<ServiceBinderBase, TService> bind)
        where TService : class => new(
            name, endpoints => endpoints.MapGrpcService<TService>(), services => RegisterClosed(services, bind));

    // By closed types: Native AOT builds what only an open generic registration asks for when it is asked for.
    private static void RegisterClosed<[DynamicallyAccessedMembers(Members)] TService>(
        IServiceCollection services, Action<ServiceBinderBase, TService> bind)
        where TService : class
    {
        services.TryAddSingleton<TService>();
        services.AddPlainOptions<GrpcServiceOptions<TService>>();
        services.AddSingleton<IGrpcServiceActivator<TService>>(
            provider => new SingletonActivator<TService>(provider.GetRequiredService<TService>()));
        services.AddSingleton<IServiceMethodProvider<TService>>(
            provider => new BoundMethods<TService>(provider.GetRequiredService<TService>(), bind));
    }
}
