namespace DevicePlugin.Metrics.Allocations;

/// <summary>A task that has a device, by what Nomad says.</summary>
/// <param name="DeviceId">As Nomad was offered it; of a shared device the replica's.</param>
internal sealed record DeviceUse(string DeviceId, string AllocationId, string Task, string Job, string Namespace);
