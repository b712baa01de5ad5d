using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>Which hardware the configuration means.</summary>
internal static class BackendChoice
{
    public static IGpuBackend Open(PluginConfig config, TimeProvider timeProvider, ILoggerFactory loggers)
    {
        if (config.Backend == BackendKind.Nvml)
        {
            throw new NotSupportedException("nvml");
        }

        var logger = loggers.CreateLogger<FakeBackend>();
        logger.GpusAreSimulated(config.Fake.Scenario);
        return new FakeBackend(ScenarioLibrary.Find(config.Fake.Scenario), timeProvider, logger);
    }
}
