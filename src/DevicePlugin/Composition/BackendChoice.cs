using DevicePlugin.Gpu;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>Which hardware the configuration means.</summary>
internal static class BackendChoice
{
    public static IGpuBackend Open(PluginConfig config, TimeProvider timeProvider, ILoggerFactory loggers) =>
        throw new NotSupportedException($"backend {config.Backend} {timeProvider} {loggers}");
}
