using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>A device as Nomad is offered it.</summary>
/// <param name="Id">The UUID; <c>UUID::n</c> for a replica of a shared device.</param>
/// <param name="Gpu">The GPU or MIG instance behind it.</param>
/// <param name="Health">Derived from the physical GPU unless the cause names one instance.</param>
public sealed record InventoryDevice(string Id, GpuDevice Gpu, DeviceHealth Health)
{
    // One text for all the replicas: jobs and people write it.
    private const string SharedSuffix = "-SHARED";

    /// <summary>Its place among the replicas of the device; null for an exclusive one.</summary>
    public DeviceShare? Share { get; init; }

    /// <summary>
    /// How many MIG instances have the memory of its GPU instance together, itself included, also those that are not offered.
    /// Null for a whole GPU.
    /// </summary>
    public int? ComputeInstances { get; init; }

    /// <summary>
    /// Why no task can be given the device, apart from its health: it is unhealthy with this reason and refused, whatever the
    /// switches of health say. Null when nothing stands in the way.
    /// </summary>
    public string? Obstacle { get; init; }

    public DateTimeOffset? ObstacleSince { get; init; }

    /// <summary>
    /// Who cordoned its GPU, since when and why: it is unhealthy with this text and refused, whatever the switches of health
    /// say. Null while it is in service.
    /// </summary>
    public string? Cordon { get; init; }

    /// <summary>Name of its group: the model, marked where shared devices are told apart from exclusive ones.</summary>
    public string GroupName => Share is { HasOwnGroup: true } ? Gpu.Name + SharedSuffix : Gpu.Name;
}
