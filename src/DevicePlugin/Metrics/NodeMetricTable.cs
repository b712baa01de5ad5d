using System.Collections.Immutable;
using static DevicePlugin.Metrics.MetricKind;

namespace DevicePlugin.Metrics;

/// <summary>The metrics of the plugin and the node, and those of a device that have more than one series.</summary>
internal static class NodeMetricTable
{
    public static readonly MetricDefinition HealthState = Own(
        "health_state", Gauge, "1 for the state the device is in: healthy, unhealthy, unmonitored or reported.",
        [.. DeviceLabels.Names, "state"]);

    public static readonly MetricDefinition HealthCause = Own(
        "health_cause_info", Gauge, "1 while the device is not healthy; the label says why. The text does not change.",
        [.. DeviceLabels.Names, "cause"]);

    public static readonly MetricDefinition HealthWord = Own(
        "health_cause", Gauge,
        "1 for each cause why the device is not healthy, as a stable word; of an XID with its number. Withheld is false if the device still gets tasks.",
        [.. DeviceLabels.Names, "cause", "xid", "withheld"]);

    public static readonly MetricDefinition HealthException = Own(
        "health_exception_info", Gauge,
        "1 for each setting in the block health that makes a GPU with a cause be offered.", ["key", "value"]);

    public static readonly MetricDefinition Xids = Own(
        "xid_errors_total", Counter, "XID errors of the GPU by number since the plugin was started.",
        [.. DeviceLabels.Names, "xid"]);

    public static readonly MetricDefinition Allocation = Own(
        "allocation_info", Gauge, "1 for each task that has the device, by what Nomad says (nomad_address).",
        [.. DeviceLabels.Names, "replica_id", "alloc_id", "task", "job", "namespace"]);

    public static readonly MetricDefinition Build = Own(
        "build_info", Gauge, "Always 1.", ["version", "commit", "runtime", "flavour"]);

    public static readonly MetricDefinition Driver = Own(
        "driver_info", Gauge, "1 while the driver can be used, else 0.", ["state", "version", "cuda", "simulated"]);

    public static readonly MetricDefinition SampleTime = Own(
        "sample_timestamp_seconds", Gauge, "When the values were read, as Unix time; their age is time() minus this.", []);

    public static readonly MetricDefinition Reservations = Own(
        "reservations_total", Counter, "Reservations made for tasks.", []);

    public static readonly MetricDefinition ReservedDevices = Own(
        "reserved_devices_total", Counter, "Devices in them.", []);

    public static readonly MetricDefinition Refusals = Own(
        "reservations_refused_total", Counter, "Reservations refused for unknown or unhealthy devices.", []);

    public static readonly MetricDefinition Streams = Own(
        "streams", Gauge, "Streams that Nomad holds open; one of each is the normal state.", ["stream"]);

    public static readonly MetricDefinition Pages = Own("status_pages", Gauge, "Open status pages.", []);

    public static readonly MetricDefinition NvmlDuration = Own(
        "nvml_call_duration_seconds", Histogram, "How long calls to NVML took; _count is how many there were.",
        ["function"]);

    public static readonly MetricDefinition NvmlErrors = Own(
        "nvml_errors_total", Counter, "Calls to NVML that failed; not supported and not found are answers.",
        ["function", "error"]);

    public static readonly MetricDefinition SwitchErrors = Own(
        "nvswitch_sxids_total", Counter, "Errors of NVSwitches in the kernel log by number (SXid).", ["sxid"]);

    public static readonly MetricDefinition LogLinesLost = Own(
        "kernel_log_lines_lost_total", Counter, "Lines of the kernel log that were overwritten before they were read.", []);

    public static readonly MetricDefinition NomadAnswers = Own(
        "nomad_up", Gauge, "1 while Nomad says which tasks have which devices, 0 while it does not.", []);

    public static readonly ImmutableArray<MetricDefinition> All =
    [
        HealthState, HealthCause, HealthWord, HealthException, Xids, Allocation, Build, Driver, SampleTime, Reservations, ReservedDevices, Refusals,
        Streams, Pages, NvmlDuration, NvmlErrors, SwitchErrors, LogLinesLost, NomadAnswers,
    ];

    private static MetricDefinition Own(string name, MetricKind kind, string help, ImmutableArray<string> labels) =>
        new($"nomad_device_gpu_{name}", kind, help, labels);
}
