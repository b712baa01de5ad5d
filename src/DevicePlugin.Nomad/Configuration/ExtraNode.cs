namespace DevicePlugin.Nomad.Configuration;

/// <summary>Device nodes beyond the GPU's own that <c>reserve.extra_nodes</c> adds.</summary>
public enum ExtraNode
{
    /// <summary>GPUDirect Storage.</summary>
    Gds,

    /// <summary>InfiniBand and RoCE, for GPUDirect RDMA.</summary>
    Rdma,

    /// <summary>GDRCopy.</summary>
    GdrCopy,

    /// <summary>The NVSwitches of the node.</summary>
    NvSwitch,
}

/// <summary>Sockets of NVIDIA's daemons that <c>reserve.sockets</c> adds.</summary>
public enum DaemonSocket
{
    /// <summary>nvidia-persistenced.</summary>
    Persistence,

    /// <summary>nv-fabricmanager.</summary>
    FabricManager,
}
