namespace DevicePlugin.Gpu.Health;

/// <summary>The moment before an enumeration: what happened later it may not have seen.</summary>
internal readonly record struct HealthMark(long Order, Moment Began);
