namespace DevicePlugin.Gpu.Sharing;

public enum SharingFindingKind
{
    /// <summary>Two rules apply to one device.</summary>
    Conflict,

    /// <summary>A rule with strategy MPS names MIG instances, and no other rule shares them.</summary>
    MpsOnMig,

    /// <summary>A pattern names no device.</summary>
    UnmatchedPattern,
}
