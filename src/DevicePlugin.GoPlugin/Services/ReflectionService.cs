using Grpc.Core;
using Grpc.Reflection;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;

namespace DevicePlugin.GoPlugin.Services;

/// <summary>
/// The library's reflection service, made by the first call: it wants to know every method, for which every service has
/// to be set up, this one included.
/// </summary>
internal sealed class ReflectionService(IServiceProvider provider) : ServerReflection.ServerReflectionBase
{
    public override Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context) =>
        provider.GetRequiredService<ReflectionServiceImpl>()
            .ServerReflectionInfo(requestStream, responseStream, context);
}
