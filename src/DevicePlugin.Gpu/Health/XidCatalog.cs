using System.Globalization;
using static DevicePlugin.Gpu.Health.XidResolution;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// The XIDs of Ampere and later, by their immediate resolution in NVIDIA's catalog
/// (docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html). Numbers that it calls unused are left out.
/// </summary>
internal static class XidCatalog
{
    public const string Nvidia = "NVIDIA XID catalog";

    /// <summary>An uncorrected memory error on a GPU that cannot contain it.</summary>
    public const long DoubleBitError = 48;

    /// <summary>An uncorrected memory error that cost the tasks which used the memory and nothing else.</summary>
    public const long ContainedError = 94;


    /// <summary>In the order of their numbers.</summary>
    public static readonly IReadOnlyList<XidEntry> All =
    [
        .. Entries().OrderBy(entry => entry.Code),
    ];

    public static XidEntry Find(long code) =>
        All.FirstOrDefault(entry => entry.Code == code)
        ?? new XidEntry(code, "unknown error", Unknown, "not in the NVIDIA XID catalog");

    private static IEnumerable<XidEntry> Entries() =>
    [
        .. Numbered(Ignore,
            (37, "firmware got a method it does not implement"), (38, "firmware watchdog ran out"),
            (44, "graphics engine fault during a context switch"), (63, "memory row was remapped or page retired"),
            (66, "driver accessed a register it may not"), (67, "driver failed a firmware check"),
            (92, "high rate of corrected ECC errors"), (93, "InfoROM is written more often than it may be"),
            (106, "SMBus test message"), (107, "silent SMBus test message"), (121, "chip-to-chip link error"),
            (137, "NVLink privilege error"), (141, "CUDA fast path error"), (152, "DLA memory management error"),
            (153, "DLA timeout"), (157, "retirement of a resource failed"), (160, "memory channel was retired"),
            (161, "retirement of a memory channel failed")),
        .. Numbered(RestartApplication,
            (8, "GPU stopped processing"), (11, "corrupted push buffer"), (13, "graphics engine exception"),
            (25, "illegal push buffer"), (31, "memory page fault"), (32, "corrupted push buffer stream"),
            (60, "video processor exception"), (68, "video decoder exception"), (69, "graphics engine class error"),
            (80, "corrupted data was sent to the GPU"), (86, "optical flow engine exception"),
            (94, "contained memory error"), (139, "second optical flow engine exception")),
        .. Numbered(RestartApplication, "copy engine error",
            39, 40, 41, 70, 71, 72, 75, 76, 77, 85, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135),
        .. Numbered(RestartApplication, "video decoder error", 83, 84, 88, 89, 96, 97, 98),
        .. Numbered(RestartApplication, "JPEG engine error", 82, 99, 100, 101, 102, 103, 104, 105),
        new(43, "GPU stopped processing for one task", RestartApplication, Deviation(43, "ignore")),
        new(45, "preemptive cleanup after an earlier error", RestartApplication, Deviation(45, "own workflow")),
        new(109, "context switch timed out", OwnWorkflow, Deviation(109, "reset the GPU")),
        .. Numbered(ResetGpu,
            (46, "GPU stopped processing and timed out"), (62, "internal microcontroller halted"),
            (64, "memory row remap or page retirement failed"), (95, "uncontained memory error"),
            (110, "security fault"), (119, "GSP firmware did not answer"), (120, "GSP firmware error"),
            (136, "link training failed"), (140, "unrecovered ECC error"), (143, "GPU initialization failed"),
            (155, "NVLink error defined by software"), (156, "resource was retired"), (158, "fatal GPU timeout")),
        new(48, "double-bit ECC error", ResetGpu, Deviation(48, "own workflow")),
        .. Numbered(RestartMachine, (79, "GPU has fallen off the bus"), (151, "key rotation error")),
        .. Numbered(OwnWorkflow,
            (74, "NVLink error"), (154, "recovery action changed"), (159, "coherent interconnect error")),
        .. Numbered(OwnWorkflow, "NVLink 5 error", 144, 145, 146, 147, 148, 149, 150),
        .. Numbered(Unknown,
            (54, "auxiliary power is not connected"), (78, "vGPU could not start"), (142, "video encoder error")),
    ];

    private static IEnumerable<XidEntry> Numbered(XidResolution resolution, params (long Code, string Meaning)[] entries) =>
        entries.Select(entry => new XidEntry(entry.Code, entry.Meaning, resolution, SourceOf(entry.Code)));

    private static IEnumerable<XidEntry> Numbered(XidResolution resolution, string meaning, params long[] codes) =>
        codes.Select(code => new XidEntry(code, meaning, resolution, SourceOf(code)));

    // Judged otherwise than the catalog says; docs/health.md has the reasons.
    private static string Deviation(long code, string resolution) => $"{SourceOf(code)}, which says \"{resolution}\"";

    private static string SourceOf(long code) => $"{Nvidia}, {code.ToString(CultureInfo.InvariantCulture)}";
}
