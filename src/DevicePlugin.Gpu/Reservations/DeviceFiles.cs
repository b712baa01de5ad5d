using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>The nodes of one GPU or MIG instance.</summary>
/// <param name="Uuid">Of the device.</param>
/// <param name="Nodes">
/// Names below the folder of the nodes, such as <c>nvidia0</c> or <c>nvidia-caps/nvidia-cap12</c>.
/// </param>
public sealed record DeviceFiles(string Uuid, ImmutableArray<string> Nodes)
{
    /// <summary>Why the device cannot be used through its nodes; null when all it needs are there.</summary>
    public string? Problem { get; init; }

    /// <summary>
    /// The kernel says otherwise than the inventory which GPU the nodes belong to: what is known of the GPU is to be read again.
    /// </summary>
    public bool IsContradicted { get; init; }
}
