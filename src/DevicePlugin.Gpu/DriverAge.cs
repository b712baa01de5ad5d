namespace DevicePlugin.Gpu;

/// <summary>How long ago the driver's kernel module was loaded, as far as that can be told.</summary>
/// <param name="AtLeast">It has been loaded for at least this long; null when unknown.</param>
/// <param name="AtMost">The machine's uptime; null when the kernel does not tell it.</param>
public readonly record struct DriverAge(TimeSpan? AtLeast, TimeSpan? AtMost);
