namespace DevicePlugin.Gpu.Reservations;

/// <summary>A file or folder of the node that a task sees at <paramref name="TaskPath"/>.</summary>
public sealed record ReservedMount(string HostPath, string TaskPath, bool IsReadOnly);
