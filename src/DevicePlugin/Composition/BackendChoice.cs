using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>Which hardware the configuration means.</summary>
internal static class BackendChoice
{
    public static IGpuBackend Open(
        PluginConfig config, TimeProvider timeProvider, ILoggerFactory loggers, StuckCalls stuckCalls,
        NvmlCallMeter meter, InventoryMonitor monitor) =>
        config.Backend == BackendKind.Fake
            ? new FakeBackend(
                ScenarioLibrary.Find(config.Fake.Scenario), timeProvider, loggers.CreateLogger<FakeBackend>())
            : new NvmlBackend(
                NvmlOptionsOf(config) with
                {
                    Meter = meter,
                    ReadJudgedLine = () => monitor.JudgedLine,
                    ReadClearedLines = () => monitor.ClearedLines,
                    FindNvLinksSeenUp = monitor.FindNvLinksSeenUp,
                },
                loggers, timeProvider, stuckCalls);

    public static NvmlOptions NvmlOptionsOf(PluginConfig config) => new()
    {
        LibraryPath = config.NvmlLibrary,
        DriverRoot = config.DriverRoot,
        DevRoot = config.DevRoot,
        ProcRoot = config.ProcRoot,
        ProbeExecutable = Environment.ProcessPath,
        CallTimeout = config.Health.CallTimeout,
        Hidden = new DeviceFilter(config.IgnoredGpuIds),
        KernelLogPath = config.Health.KernelLog ? Path.Combine(config.DevRoot, "kmsg") : null,
    };

    public static NodeFileOptions NodeFileOptionsOf(PluginConfig config) => new()
    {
        DriverRoot = config.DriverRoot,
        DevRoot = config.DevRoot,
        ProcRoot = config.ProcRoot,

        // The spec is all that a container gets, so the libraries are always in it.
        DriverLibraries = config.Reserve.DriverLibraries || config.Reserve.KeepsCdiSpec,
        StorageNodes = config.Reserve.ExtraNodes.Contains(ExtraNode.Gds),
        RdmaNodes = config.Reserve.ExtraNodes.Contains(ExtraNode.Rdma),
        Folders = [.. MpsFolderNames.Of(config).Select(folders => folders.PipeDirectory)],
        ImexChannels = [.. config.Reserve.ImexChannels],
    };

    /// <summary>
    /// Null where simulated GPUs would be in a folder that runtimes look at: a container by their names would get real nodes or
    /// none, and the spec of a real plugin is there.
    /// </summary>
    public static CdiOptions? CdiOptionsOf(PluginConfig config) => MayKeepCdiSpec(config) ? new CdiOptions
    {
        IsWanted = config.Reserve.KeepsCdiSpec,
        SpecFolder = config.Reserve.CdiSpecDir,
        ChoicePath = Path.Combine(StateAttendance.FolderOf(config), "cdi.json"),
        OwnsUnrecorded = config.Backend != BackendKind.Fake,
    } : null;

    private static bool MayKeepCdiSpec(PluginConfig config) =>
        config.Backend != BackendKind.Fake
        || !CdiFolders.Standard.Any(folder => CdiFolders.AreSame(folder, config.Reserve.CdiSpecDir));
}
