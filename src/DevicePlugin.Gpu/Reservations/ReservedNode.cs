namespace DevicePlugin.Gpu.Reservations;

/// <summary>A device node of the host that a task may open at <paramref name="TaskPath"/>.</summary>
/// <param name="Permissions">Letters of the device cgroup: r, w, m.</param>
public sealed record ReservedNode(string HostPath, string TaskPath, string Permissions);
