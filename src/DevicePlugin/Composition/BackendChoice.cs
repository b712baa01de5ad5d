using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
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
        SysfsRoot = config.SysRoot,
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
        SysRoot = config.SysRoot,

        // The spec is all that a container gets, so the libraries are always in it.
        DriverLibraries = config.Reserve.DriverLibraries || config.Reserve.KeepsCdiSpec,
        Capabilities = config.Reserve.DriverCapabilities.Count == 0 ? null : CapabilitiesOf(config),
        NeededCapabilities = NeededCapabilitiesOf(config),

        // A simulated GPU has the address of some device of this node, if of any.
        RenderNodes = config.Backend != BackendKind.Fake
            && (CapabilitiesOf(config) & (DriverCapabilities.Graphics | DriverCapabilities.Display)) != 0,
        StorageNodes = config.Reserve.ExtraNodes.Contains(ExtraNode.Gds),
        RdmaNodes = config.Reserve.ExtraNodes.Contains(ExtraNode.Rdma),
        CopyNode = config.Reserve.ExtraNodes.Contains(ExtraNode.GdrCopy),
        SwitchNodes = config.Reserve.ExtraNodes.Contains(ExtraNode.NvSwitch),
        PersistenceSocket = config.Reserve.Sockets.Contains(DaemonSocket.Persistence),
        FabricManagerSocket = config.Reserve.Sockets.Contains(DaemonSocket.FabricManager),
        Folders = [.. MpsFolderNames.Of(config).Select(folders => folders.PipeDirectory)],
        ImexChannels = [.. config.Reserve.ImexChannels],
    };

    // "all" means whatever there is, as for NVIDIA's toolkit. A word of its own is a promise to the task.
    private static DriverCapabilities NeededCapabilitiesOf(PluginConfig config) =>
        config.Reserve.DriverCapabilities.Count == 0 || config.Reserve.DriverCapabilities.Contains(DriverCapabilities.All)
            ? DriverCapabilities.Compute
            : CapabilitiesOf(config);

    private static DriverCapabilities CapabilitiesOf(PluginConfig config) =>
        config.Reserve.DriverCapabilities.Aggregate(DriverCapabilities.None, (all, one) => all | one);

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
