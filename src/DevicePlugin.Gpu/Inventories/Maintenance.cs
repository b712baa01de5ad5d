using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>That an operator has the driver, and what they say of it.</summary>
/// <param name="Reason">One line for people, empty when nobody says why.</param>
public sealed record Maintenance(string Reason)
{
    /// <summary>UUIDs of GPUs that are declared reset: what only a reset ends may end when the work is done.</summary>
    public ImmutableArray<string> Resets { get; init; } = [];

    /// <summary>Whether every GPU of the node is declared reset.</summary>
    public bool ResetsAll { get; init; }

    public bool DeclaresReset => ResetsAll || !Resets.IsEmpty;

    public bool HasReset(string uuid) => ResetsAll || Resets.Contains(uuid, StringComparer.OrdinalIgnoreCase);
}
