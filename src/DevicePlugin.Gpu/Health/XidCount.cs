namespace DevicePlugin.Gpu.Health;

/// <summary>How often one XID came.</summary>
public sealed record XidCount(long Code, long Count);
