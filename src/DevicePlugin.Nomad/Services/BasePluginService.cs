using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Protocol;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Services;

/// <summary>What Nomad asks of any plugin. No call touches the hardware.</summary>
public sealed class BasePluginService(PluginDescription description, ActiveConfig config, ILogger<BasePluginService> logger)
    : BasePlugin.BasePluginBase
{
    private EquatableArray<string> _warnings = [];

    public override Task<PluginInfoResponse> PluginInfo(PluginInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new PluginInfoResponse
        {
            Type = PluginType.Device,
            Name = description.Name,
            PluginVersion = description.Version,
            PluginApiVersions = { PluginDescription.ApiVersion },
        });

    public override Task<ConfigSchemaResponse> ConfigSchema(ConfigSchemaRequest request, ServerCallContext context) =>
        Task.FromResult(new ConfigSchemaResponse { Spec = Configuration.ConfigSchema.Spec });

    public override Task<SetConfigResponse> SetConfig(SetConfigRequest request, ServerCallContext context)
    {
        try
        {
            var parsed = PluginConfigReader.FromMessagePack(request.MsgpackConfig.Memory);
            var isNew = parsed.Config != config.Current || parsed.Warnings != _warnings;
            _warnings = parsed.Warnings;
            config.Replace(parsed.Config);
            if (isNew)
            {
                foreach (var warning in parsed.Warnings)
                {
                    logger.ConfigurationWarning(warning);
                }
            }

            return Task.FromResult(new SetConfigResponse());
        }
        catch (PluginConfigException exception)
        {
            logger.ConfigurationRefused(exception.Message);
            throw new RpcException(new Status(StatusCode.InvalidArgument, exception.Message));
        }
    }
}
