using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.Watching;

/// <summary>What is shown at one moment, apart from the size of the terminal.</summary>
internal sealed record WatchSnapshot
{
    /// <summary>The node's host name.</summary>
    public required string Node { get; init; }

    /// <summary>Null until the node was looked at.</summary>
    public DriverStatus? Driver { get; init; }

    public bool IsSimulated { get; init; }

    /// <summary>When the values were read, in the node's time zone.</summary>
    public required DateTimeOffset Time { get; init; }

    public required TimeSpan Interval { get; init; }

    /// <summary>GPUs in the order of their PCI address; the instances of one follow the line of their GPU.</summary>
    public ImmutableArray<WatchRow> Rows { get; init; } = [];
}
