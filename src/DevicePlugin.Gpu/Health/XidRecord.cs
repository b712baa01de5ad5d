namespace DevicePlugin.Gpu.Health;

/// <summary>XID errors of one physical GPU since this process started.</summary>
public readonly record struct XidRecord(long Count, long? Last);
