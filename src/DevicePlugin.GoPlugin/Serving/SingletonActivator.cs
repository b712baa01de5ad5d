using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server;

namespace DevicePlugin.GoPlugin.Serving;

internal sealed class SingletonActivator<[DynamicallyAccessedMembers(PluginService.Members)] TService>(
    TService service) : IGrpcServiceActivator<TService>
    where TService : class
{
    public GrpcActivatorHandle<TService> Create(IServiceProvider serviceProvider) => new(service, created: false, null);

    public ValueTask ReleaseAsync(GrpcActivatorHandle<TService> service) => ValueTask.CompletedTask;
}
