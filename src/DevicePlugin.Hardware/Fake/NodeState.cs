using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// The made-up node at one moment: the GPUs that are present, as the timeline and the patterns made them.
/// </summary>
internal sealed record NodeState(KeyedValues Driver, KeyedValues System, ImmutableArray<NodeGpu> Gpus)
{
    /// <summary>How often the driver went from another state to loaded since the scenario began.</summary>
    public int DriverLoads { get; init; }

    public NodeGpu? Find(string uuid) => Gpus.FirstOrDefault(gpu => gpu.Uuid == uuid);
}
