namespace DevicePlugin.Nomad.Fingerprinting;

/// <summary>What a group says of a value in which its devices differ; Nomad knows attributes of groups only.</summary>
internal enum AttributeMerge
{
    /// <summary>Nothing: a constraint must not match for one device and be wrong for another.</summary>
    OmitIfDifferent,

    /// <summary>The least: a capacity that every device has.</summary>
    Minimum,

    /// <summary>The sum over every device id, replicas included: what Nomad counts as instances.</summary>
    Sum,
}
