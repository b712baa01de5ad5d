namespace DevicePlugin.Gpu.Health;

/// <summary>A fault in its grace period, or past it: a restart of the plugin does not extend the period.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Fault">Which it is.</param>
/// <param name="Since">When it was first seen under <paramref name="Load"/>.</param>
/// <param name="Load">The load of the driver that showed it; null when it was not known.</param>
public sealed record RememberedGrace(string Gpu, DeviceFaultKind Fault, DateTimeOffset Since, DriverLoad? Load);
