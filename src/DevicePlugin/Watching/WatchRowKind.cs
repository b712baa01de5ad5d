namespace DevicePlugin.Watching;

internal enum WatchRowKind
{
    Gpu,

    /// <summary>A GPU that is not offered itself: its MIG instances are, and their rows follow.</summary>
    PartitionedGpu,

    MigInstance,
}
