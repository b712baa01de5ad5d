namespace DevicePlugin.Doctor;

/// <summary>Where a check has something to look at.</summary>
[Flags]
internal enum CheckScope
{
    Everywhere = 0,

    /// <summary>Made-up GPUs have no driver, no nodes and no modes.</summary>
    RealGpus = 1,

    Linux = 2,
}
