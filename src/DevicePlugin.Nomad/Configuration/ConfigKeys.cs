using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// The one table of the plugin block. Nomad's schema, the validation, the example and the documentation come from it.
/// </summary>
internal static class ConfigKeys
{
    internal static class Top
    {
        public static readonly TypedConfigKey<bool> Enabled = new(
            "enabled", ValueKinds.Flag, "true", "Off: no devices are offered, and the plugin keeps running.");

        public static readonly TypedConfigKey<EquatableArray<string>> IgnoredGpuIds = new(
            "ignored_gpu_ids", ValueKinds.Texts("a list of UUIDs, NVML indexes or PCI bus ids"), "[]",
            "GPUs that are not offered, nor their MIG instances. An id that no GPU has is logged.");

        public static readonly TypedConfigKey<TimeSpan> FingerprintPeriod = new(
            "fingerprint_period", ValueKinds.Duration("a duration such as 30s or 1m30s, held to 1s to 24h"), "\"1m\"",
            "How often the GPUs are looked at besides when the driver reports something.");

        public static readonly TypedConfigKey<BackendKind> Backend = new(
            "backend", ValueKinds.Word(("nvml", BackendKind.Nvml), ("fake", BackendKind.Fake)), "\"nvml\"",
            "The node's own GPUs, or those of a scenario, which are marked as simulated.");

        public static readonly TypedConfigKey<string?> NvmlLibrary = new(
            "nvml_library", ValueKinds.Library, "\"\"",
            "NVIDIA's management library. Empty: libnvidia-ml.so.1 and the known places.");

        public static readonly TypedConfigKey<string> DriverRoot = new(
            "driver_root", ValueKinds.AbsolutePath, "\"/\"", "Where the driver's files are installed.");

        public static readonly TypedConfigKey<string> DevRoot = new(
            "dev_root", ValueKinds.AbsolutePath, "\"/dev\"", "Where the device nodes are.");

        public static readonly TypedConfigKey<string> ProcRoot = new(
            "proc_root", ValueKinds.AbsolutePath, "\"/proc\"", "Where the folder driver/nvidia is.");

        public static readonly TypedConfigKey<string> SysRoot = new(
            "sys_root", ValueKinds.AbsolutePath, "\"/sys\"", "Where the folder bus/pci is.");

        public static readonly TypedConfigKey<string> StateDir = new(
            "state_dir", ValueKinds.AbsolutePath, "\"/var/lib/nomad-device-gpu\"",
            "Keeps the causes of bad health, the cordons and the known GPUs, over reboots too.");

        public static readonly TypedConfigKey<string?> RunDir = new(
            "run_dir", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "Keeps what one boot needs: MPS and time slices. Empty: state_dir if that is set, else /run/nomad-device-gpu.");

        public static readonly TypedConfigKey<string?> MaintenanceFile = new(
            "maintenance_file", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "While this file exists, the plugin lets go of the driver. Empty: the file maintenance in state_dir.");

        public static readonly TypedConfigKey<LogLevel> MinimumLogLevel = new(
            "log_level",
            ValueKinds.Word(
                ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information),
                ("warn", LogLevel.Warning), ("error", LogLevel.Error)),
            "\"info\"", "The least severe messages that reach the agent's log.");
    }

    internal static class Fake
    {
        public static readonly TypedConfigKey<string> Scenario = new(
            "fake.scenario", ValueKinds.NonEmptyText("the name of a built-in scenario or a path"), "\"dgx-h100\"",
            "The scenario; the command scenarios lists those that are built in.");
    }

    internal static class Health
    {
        public static readonly TypedConfigKey<bool> Enabled = new(
            "health.enabled", ValueKinds.Flag, "true", "Watches the GPUs for faults.");

        public static readonly TypedConfigKey<bool> ObserveOnly = new(
            "health.observe_only", ValueKinds.Flag, "false",
            "Finds, logs and shows what is wrong with GPUs but still offers them, to survey a fleet.");

        public static readonly TypedConfigKey<EquatableArray<string>> ReportOnly = new(
            "health.report_only", ValueKinds.OneOf("a list of words from the table of causes in health.md", HealthPolicy.ReportableWords),
            "[]", "As observe_only, but only for these kinds of cause. critical_xids still make a GPU unhealthy.");

        public static readonly TypedConfigKey<EquatableArray<int>> IgnoredXids = new(
            "health.ignored_xids", ValueKinds.Xids, "[]", "XIDs that never make a GPU unhealthy; 48 also silences the counter of uncorrected ECC errors.");

        public static readonly TypedConfigKey<EquatableArray<int>> CriticalXids = new(
            "health.critical_xids", ValueKinds.Xids, "[]", "More XIDs that make a GPU unhealthy.");

        public static readonly TypedConfigKey<TimeSpan> CallTimeout = new(
            "health.call_timeout",
            ValueKinds.Duration("a duration from 100ms to 5m", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)),
            "\"10s\"", "A GPU on which one driver call takes longer counts as hung.");

        public static readonly TypedConfigKey<bool> KernelLog = new(
            "health.kernel_log", ValueKinds.Flag, "true",
            "Also reads XIDs from the kernel log, including those from before the plugin was started.");

        public static readonly TypedConfigKey<string?> OnChange = new(
            "health.on_change", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "Program that is run when a device becomes unhealthy, healthy, cordoned or uncordoned. Empty: none.");
    }

    internal static class Reserve
    {
        public static readonly TypedConfigKey<EquatableArray<ReservationStrategy>> Strategies = new(
            "reserve.strategies",
            new ListKind<ReservationStrategy>(
                "a list of envvar, volume-mounts, device-nodes, cdi, cdi-mounts or cdi-envvar",
                ValueKinds.Word(StrategyRules.Words),
                refuseRepeats: true),
            "[\"envvar\"]",
            "How tasks get their devices. Only one of envvar, volume-mounts, cdi-mounts and cdi-envvar is allowed, and envvar not "
            + "together with cdi.");

        public static readonly TypedConfigKey<bool> CudaVisibleDevices = new(
            "reserve.cuda_visible_devices", ValueKinds.Flag, "false",
            "Adds CUDA_VISIBLE_DEVICES, for tasks of exec and raw_exec.");

        public static readonly TypedConfigKey<bool> DriverLibraries = new(
            "reserve.driver_libraries", ValueKinds.Flag, "false",
            "With device-nodes: mounts the driver's libraries and tools under /usr/local/nvidia.");

        public static readonly TypedConfigKey<EquatableArray<DriverCapabilities>> DriverCapabilities = new(
            "reserve.driver_capabilities",
            new ListKind<DriverCapabilities>(
                "a list of compute, utility, video, graphics, display, ngx or all",
                ValueKinds.Word([.. DriverCapabilityWords.All]), refuseRepeats: true),
            "[]",
            "What tasks use the driver for: sets NVIDIA_DRIVER_CAPABILITIES, and selects libraries, nodes and files. Empty: all "
            + "libraries, no files for graphics, and the variable is not set.");

        public static readonly TypedConfigKey<bool> AllowUnhealthy = new(
            "reserve.allow_unhealthy", ValueKinds.Flag, "false",
            "Hands out a device that turned unhealthy after its task was placed.");

        public static readonly TypedConfigKey<string> CdiSpecDir = new(
            "reserve.cdi_spec_dir", ValueKinds.AbsolutePath, "\"/var/run/cdi\"",
            "Where the plugin keeps its CDI spec, with cdi, cdi-mounts or cdi-envvar.");

        public static readonly TypedConfigKey<EquatableArray<ExtraNode>> ExtraNodes = new(
            "reserve.extra_nodes",
            new ListKind<ExtraNode>(
                "a list of gds, rdma, gdrcopy or nvswitch",
                ValueKinds.Word(
                    ("gds", ExtraNode.Gds), ("rdma", ExtraNode.Rdma), ("gdrcopy", ExtraNode.GdrCopy),
                    ("nvswitch", ExtraNode.NvSwitch)),
                refuseRepeats: true,
                retired: ("imex", "is no longer allowed, because it gave every task all IMEX channels; set "
                    + "reserve.imex_channels = [0], or the channels of this node's tenant")),
            "[]", "With device-nodes or a CDI strategy: nodes of GPUDirect Storage, RDMA, GDRCopy or the NVSwitches as well.");

        public static readonly TypedConfigKey<EquatableArray<int>> ImexChannels = new(
            "reserve.imex_channels",
            new ListKind<int>(
                "a list of IMEX channels, which are whole numbers from 0 to 65535",
                ValueKinds.WholeNumber("an IMEX channel, a whole number from 0 to 65535", 0, 65535),
                refuseRepeats: true),
            "[]",
            "With device-nodes or a CDI strategy: channels of the internode memory exchange (IMEX) for every task. Tasks with a channel in "
            + "common can reach each other's exported memory.");

        public static readonly TypedConfigKey<EquatableArray<DaemonSocket>> Sockets = new(
            "reserve.sockets",
            new ListKind<DaemonSocket>(
                "a list of persistenced or fabricmanager",
                ValueKinds.Word(("persistenced", DaemonSocket.Persistence), ("fabricmanager", DaemonSocket.FabricManager)),
                refuseRepeats: true),
            "[]", "With device-nodes or a CDI strategy: sockets of NVIDIA's daemons for every task.");

        public static readonly TypedConfigKey<bool> CreateDeviceNodes = new(
            "reserve.create_device_nodes", ValueKinds.Flag, "false",
            "With device-nodes or a CDI strategy: creates missing nodes with nvidia-modprobe while the kernel module is loaded.");
    }

    internal static class Sharing
    {
        public static readonly TypedConfigKey<SharingStrategy> Strategy = new(
            "sharing.strategy",
            ValueKinds.Word(("time-slicing", SharingStrategy.TimeSlicing), ("mps", SharingStrategy.Mps)),
            "\"time-slicing\"", "Processes take turns, or run side by side under NVIDIA's Multi-Process Service.");

        public static readonly TypedConfigKey<int> Replicas = new(
            "sharing.replicas", ValueKinds.WholeNumber("a whole number from 1 to 256", 1, 256), "2",
            "How many times each device is offered. 1: it stays exclusive, whatever a later block says.");

        public static readonly TypedConfigKey<EquatableArray<string>> Devices = new(
            "sharing.devices",
            ValueKinds.Texts("a list of UUIDs, NVML indexes, PCI bus ids, model patterns with *, MIG profiles, or all"),
            "[\"all\"]", "The devices that are shared. The first block that matches a GPU wins.");

        public static readonly TypedConfigKey<bool> Rename = new(
            "sharing.rename", ValueKinds.Flag, "false", "Adds -SHARED to the group's name. Blocks with UUIDs, indexes or addresses always do.");

        public static readonly TypedConfigKey<TimeSlice> TimeSlice = new(
            "sharing.time_slice",
            ValueKinds.Word(
                ("default", Gpu.Sharing.TimeSlice.Default), ("short", Gpu.Sharing.TimeSlice.Short),
                ("medium", Gpu.Sharing.TimeSlice.Medium), ("long", Gpu.Sharing.TimeSlice.Long)),
            "\"default\"", "How long one process keeps a time-sliced GPU.");
    }

    internal static class Mps
    {
        public static readonly TypedConfigKey<bool> ManageDaemon = new(
            "mps.manage_daemon", ValueKinds.Flag, "true",
            "Starts and watches the control daemons, one for each sharing block with strategy mps.");

        public static readonly TypedConfigKey<string?> PipeDirectory = new(
            "mps.pipe_directory", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "Where clients find the daemon. Empty: under run_dir.");

        public static readonly TypedConfigKey<string?> LogDirectory = new(
            "mps.log_directory", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "Where the daemon writes its logs. Empty: under run_dir.");

        public static readonly TypedConfigKey<int?> MemoryLimit = new(
            "mps.memory_limit", ValueKinds.Memory, "\"\"",
            "Device memory of one client. Empty: the total divided by the replicas.");

        public static readonly TypedConfigKey<int> ThreadPercentage = new(
            "mps.thread_percentage", ValueKinds.WholeNumber("a whole number from 0 to 100", 0, 100), "0",
            "Share of the multiprocessors that one client may use. 0: 100 divided by the replicas.");
    }

    internal static class Metrics
    {
        public static readonly TypedConfigKey<HostPort?> Address = new(
            "metrics.address", ValueKinds.ListenAddress, "\"\"",
            "Where metrics and the status page are served; any address but loopback shows them to others. Empty: off.");

        public static readonly TypedConfigKey<Uri?> NomadAddress = new(
            "metrics.nomad_address", ValueKinds.HttpAddress, "\"\"",
            "Nomad's HTTP API, to name the allocation that uses a device. Empty: not asked.");

        public static readonly TypedConfigKey<string?> NomadTokenFile = new(
            "metrics.nomad_token_file", ValueKinds.AbsolutePathOrEmpty, "\"\"",
            "File with the ACL token for nomad_address.");
    }
}
