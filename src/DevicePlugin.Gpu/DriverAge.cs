namespace DevicePlugin.Gpu;

/// <summary>How long ago the driver's kernel module was loaded, as far as that can be told.</summary>
/// <param name="AtLeast">It has been there for so long at least; null when nothing says so.</param>
/// <param name="AtMost">The machine has been up for no longer; null when the kernel does not tell.</param>
public readonly record struct DriverAge(TimeSpan? AtLeast, TimeSpan? AtMost);
