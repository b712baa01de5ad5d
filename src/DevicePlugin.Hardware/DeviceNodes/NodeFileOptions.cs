using System.Collections.Immutable;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>Where the node's files are, and which of them are wanted.</summary>
public sealed record NodeFileOptions
{
    public string DriverRoot { get; init; } = "/";

    public string DevRoot { get; init; } = "/dev";

    /// <summary>Holds <c>driver/nvidia</c>.</summary>
    public string ProcRoot { get; init; } = "/proc";

    public bool DriverLibraries { get; init; }

    /// <summary>Nodes and folders of GPUDirect Storage.</summary>
    public bool StorageNodes { get; init; }

    /// <summary>Nodes of InfiniBand and RoCE.</summary>
    public bool RdmaNodes { get; init; }

    /// <summary>Folders that reservations mount and that have to exist.</summary>
    public ImmutableArray<string> Folders { get; init; } = [];

    /// <summary>Channels of the internode memory exchange service that every task gets.</summary>
    public ImmutableArray<int> ImexChannels { get; init; } = [];
}
