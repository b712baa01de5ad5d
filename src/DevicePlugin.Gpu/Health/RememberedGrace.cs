namespace DevicePlugin.Gpu.Health;

/// <summary>A fault that is given time, or was: a restart of the plugin does not give it more.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Fault">Which it is.</param>
/// <param name="Since">When it was first seen under <paramref name="Load"/>.</param>
/// <param name="Load">The load of the driver that showed it; null when it was not known.</param>
public sealed record RememberedGrace(string Gpu, DeviceFaultKind Fault, DateTimeOffset Since, DriverLoad? Load);
