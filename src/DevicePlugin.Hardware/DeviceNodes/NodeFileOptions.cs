using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>Where the node's files are, and which of them are wanted.</summary>
public sealed record NodeFileOptions
{
    public string DriverRoot { get; init; } = "/";

    public string DevRoot { get; init; } = "/dev";

    /// <summary>Holds <c>driver/nvidia</c>.</summary>
    public string ProcRoot { get; init; } = "/proc";

    public string SysRoot { get; init; } = "/sys";

    public bool DriverLibraries { get; init; }

    /// <summary>Those whose libraries, tools and files tasks get; null: the default.</summary>
    public DriverCapabilities? Capabilities { get; init; }

    /// <summary>Those whose library must be there for a device to be handed out.</summary>
    public DriverCapabilities NeededCapabilities { get; init; } = DriverCapabilities.Compute;

    /// <summary>Nodes of each GPU for direct rendering.</summary>
    public bool RenderNodes { get; init; }

    /// <summary>Nodes and folders of GPUDirect Storage.</summary>
    public bool StorageNodes { get; init; }

    /// <summary>Nodes of InfiniBand and RoCE.</summary>
    public bool RdmaNodes { get; init; }

    /// <summary>The node of GDRCopy.</summary>
    public bool CopyNode { get; init; }

    /// <summary>Nodes of the NVSwitches.</summary>
    public bool SwitchNodes { get; init; }

    /// <summary>The socket of nvidia-persistenced.</summary>
    public bool PersistenceSocket { get; init; }

    /// <summary>The socket of the fabric manager.</summary>
    public bool FabricManagerSocket { get; init; }

    /// <summary>Folders that reservations mount and that have to exist.</summary>
    public ImmutableArray<string> Folders { get; init; } = [];

    /// <summary>Channels of the internode memory exchange service that every task gets.</summary>
    public ImmutableArray<int> ImexChannels { get; init; } = [];
}
