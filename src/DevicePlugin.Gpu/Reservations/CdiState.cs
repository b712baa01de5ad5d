using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>What a container runtime finds in the spec that the plugin keeps.</summary>
/// <param name="Names">Of the devices in the spec as it lies in its folder; empty when there is none.</param>
public sealed record CdiState(ImmutableHashSet<string> Names)
{
    /// <summary>Why there is no spec, or not the right one; null when there is.</summary>
    public string? Problem { get; init; }

    /// <summary>
    /// Other specs of the folder by the names that they have too. A runtime ignores a name that two specs define
    /// (container-device-interface pkg/cdi/cache.go).
    /// </summary>
    public ImmutableDictionary<string, string> Rivals { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Names that still lead to the nodes of an earlier refresh, which may be another GPU's by now.</summary>
    public ImmutableHashSet<string> Outdated { get; init; } = [];

    /// <summary>Why a runtime would not find the device; null when it would.</summary>
    public string? FindObstacle(string name) =>
        Rivals.TryGetValue(name, out var rival)
            ? $"its CDI name is also in \"{rival}\", and a runtime ignores a name that two specs define; "
                + "remove that file or set reserve.cdi_spec_dir"
        : Outdated.Contains(name) ? "the CDI spec still has the nodes that it had before, and is written again"
        : Names.Contains(name) ? null
        : Problem ?? "its CDI name is not in a spec yet";
}
