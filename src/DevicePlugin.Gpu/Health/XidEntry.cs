namespace DevicePlugin.Gpu.Health;

/// <summary>One XID.</summary>
/// <param name="Code">The number as NVML and the kernel log give it.</param>
/// <param name="Meaning">What happened, a phrase.</param>
/// <param name="Resolution">What follows from it.</param>
/// <param name="Source">Where that is written.</param>
public sealed record XidEntry(long Code, string Meaning, XidResolution Resolution, string Source)
{
    /// <summary>For an operator, a phrase that is a command.</summary>
    public string Advice => Resolution switch
    {
        XidResolution.Ignore => "nothing needs to be done",
        XidResolution.RestartApplication => "restart the task that used the GPU",
        XidResolution.ResetGpu => "drain the GPU and reset it",
        XidResolution.RestartMachine => "reboot the node",
        XidResolution.OwnWorkflow => "follow the recovery action that nvidia-smi shows",
        _ => "look the XID up in NVIDIA's catalog, and follow the recovery action that nvidia-smi shows",
    };

    /// <summary>What takes it away where it made a GPU unfit.</summary>
    internal RecoveryRule Recovery => Resolution switch
    {
        XidResolution.RestartMachine => RecoveryRule.Restart,
        XidResolution.OwnWorkflow or XidResolution.Unknown => RecoveryRule.NotNeeded,
        _ => RecoveryRule.Reset,
    };

    /// <summary>Whether the XID alone makes a GPU unfit.</summary>
    public bool IsUnfit => Resolution is XidResolution.ResetGpu or XidResolution.RestartMachine;

    /// <summary>Whether it makes a GPU unfit only together with what the driver says.</summary>
    public bool IsConditional => Resolution is XidResolution.OwnWorkflow or XidResolution.Unknown;
}
