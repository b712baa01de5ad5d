namespace DevicePlugin.Gpu.Health;

/// <summary>The stable words for causes, which alerts and hooks go by. A word may be added, never renamed.</summary>
internal static class CauseWord
{
    /// <summary>Over, and held because it kept coming back.</summary>
    public const string Held = "flapping";

    private const string Xid = "xid";
    private const string UnknownXid = "unknown_xid";

    public static string Of(CauseKey key) => key.Fault is { } fault ? FaultTable.Find(fault).Word
        : key.Xid is { } xid && XidTable.Default.Find(xid).Resolution == XidResolution.Unknown ? UnknownXid
        : Xid;
}
