namespace DevicePlugin.Gpu.Health;

/// <summary>What makes a cause the same one: a fault or an XID, of the whole GPU or of one MIG instance.</summary>
/// <param name="Fault">Null for an XID.</param>
/// <param name="Xid">Null for a fault.</param>
/// <param name="InstanceUuid">Null when the whole GPU is meant.</param>
internal readonly record struct CauseKey(DeviceFaultKind? Fault, long? Xid, string? InstanceUuid)
{
    public static CauseKey Of(DeviceFaultKind fault) => new(fault, null, null);

    public static CauseKey Of(long xid, string? instanceUuid) => new(null, xid, instanceUuid);

    public bool Concerns(GpuDevice device) => InstanceUuid is null || InstanceUuid == device.Uuid;
}
