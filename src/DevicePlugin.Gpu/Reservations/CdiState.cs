using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What a container runtime finds in the spec that the plugin keeps.</summary>
/// <param name="Names">Of the devices in the spec as it lies in its folder; empty when there is none.</param>
public sealed record CdiState(ImmutableHashSet<string> Names)
{
    /// <summary>Why there is no spec, or not the right one; null when there is.</summary>
    public string? Problem { get; init; }

    /// <summary>Vendor and class of the devices in the spec.</summary>
    public string Kind { get; init; } = CdiNames.Kind;

    /// <summary>
    /// Other specs by the names of this one that they take: a runtime resolves a name of two specs of one folder to neither,
    /// and one of two folders to the device of the folder with priority (container-device-interface pkg/cdi/cache.go).
    /// </summary>
    public ImmutableDictionary<string, string> Rivals { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Names that still lead to the nodes of an earlier refresh, which may be another GPU's by now, or to its libraries.</summary>
    public ImmutableHashSet<string> Outdated { get; init; } = [];

    /// <summary>Why a runtime would not find the device; null when it would.</summary>
    public string? FindObstacle(string name) =>
        Rivals.TryGetValue(name, out var rival)
            ? $"its CDI name {Kind}={name} is also in \"{rival}\", so a runtime does not resolve it to this device; remove that file"
        : Outdated.Contains(name) ? "the CDI spec still has the nodes or libraries of an earlier refresh, and is written again"
        : Names.Contains(name) ? null
        : Problem ?? "its CDI name is not in a spec yet";
}
