namespace DevicePlugin.Nomad.Configuration;

/// <summary>Device nodes beyond the GPU's own that <c>reserve.extra_nodes</c> adds.</summary>
public enum ExtraNode
{
    /// <summary>GPUDirect Storage.</summary>
    Gds,

    /// <summary>InfiniBand and RoCE, for GPUDirect RDMA.</summary>
    Rdma,
}
