using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// The made-up node at one moment: the GPUs that are present, as the timeline and the patterns made them.
/// </summary>
internal sealed record NodeState(KeyedValues Driver, KeyedValues System, ImmutableArray<NodeGpu> Gpus)
{
    /// <summary>How often the driver went from another state to loaded since the scenario began.</summary>
    public int DriverLoads { get; init; }

    /// <summary>580 of <c>580.105.08</c>; a scenario that does not say has a driver that knows everything.</summary>
    public int DriverBranch => int.TryParse(
        Driver[DriverKeys.Version]?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var branch)
        ? branch
        : int.MaxValue;

    public NodeGpu? Find(string uuid) => Gpus.FirstOrDefault(gpu => gpu.Uuid == uuid);
}
