using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>The stable words for causes, which alerts and hooks go by. A word may be added, never renamed.</summary>
internal static class CauseWord
{
    /// <summary>Over, and held because it kept coming back.</summary>
    public const string Held = "flapping";

    public const string Xid = "xid";
    public const string UnknownXid = "unknown_xid";
    public const string Gone = "gpu_gone";
    public const string Maintenance = "maintenance";
    public const string Cordoned = "cordoned";
    public const string CordonsUnreadable = "cordons_unreadable";
    public const string CannotBeHandedOut = "cannot_be_handed_out";
    public const string Unmonitored = "unmonitored";

    /// <summary>Those that the configuration may have reported only. Without the rest no task could use the device.</summary>
    public static ImmutableArray<string> Reportable { get; } =
    [
        .. FaultTable.All.Where(fault => fault.Kind != DeviceFaultKind.Lost).Select(fault => fault.Word), Xid, UnknownXid, Held,
    ];

    public static string Of(CauseKey key) => key.Fault is { } fault ? FaultTable.Find(fault).Word
        : key.Xid is { } xid && XidTable.Default.Find(xid).Resolution == XidResolution.Unknown ? UnknownXid
        : Xid;
}
