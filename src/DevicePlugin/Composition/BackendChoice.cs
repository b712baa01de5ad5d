using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>Which hardware the configuration means.</summary>
internal static class BackendChoice
{
    public static IGpuBackend Open(
        PluginConfig config, TimeProvider timeProvider, ILoggerFactory loggers, NvmlCallMeter? meter = null) =>
        config.Backend == BackendKind.Fake
            ? new FakeBackend(
                ScenarioLibrary.Find(config.Fake.Scenario), timeProvider, loggers.CreateLogger<FakeBackend>())
            : new NvmlBackend(NvmlOptionsOf(config) with { Meter = meter }, loggers, timeProvider);

    public static NvmlOptions NvmlOptionsOf(PluginConfig config) => new()
    {
        LibraryPath = config.NvmlLibrary,
        DriverRoot = config.DriverRoot,
        DevRoot = config.DevRoot,
        ProcRoot = config.ProcRoot,
        ProbeExecutable = Environment.ProcessPath,
        CallTimeout = config.Health.CallTimeout,
    };
}
