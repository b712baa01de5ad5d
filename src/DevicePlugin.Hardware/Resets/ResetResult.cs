namespace DevicePlugin.Hardware.Resets;

public enum ResetFailure
{
    /// <summary>Something has the GPU open.</summary>
    InUse,

    /// <summary>It shows the console or a desktop.</summary>
    DisplayGpu,

    /// <summary>GPUs that NVLink connects to it have to be reset with it.</summary>
    LinkedGpus,

    NotPermitted,
    NotSupported,

    /// <summary>The tool did not end in time.</summary>
    TimedOut,

    /// <summary>The tool cannot be run.</summary>
    NoTool,

    Other,
}

/// <summary>How one run of <c>nvidia-smi --gpu-reset</c> ended.</summary>
/// <param name="Failure">Null: the GPU was reset.</param>
/// <param name="Text">The tool's words, or why it gave none.</param>
public sealed record ResetResult(ResetFailure? Failure, string Text)
{
    /// <summary>Whether another attempt may end otherwise: what holds a GPU for an instant, and what is not known here.</summary>
    public bool IsWorthRetrying => Failure is ResetFailure.InUse or ResetFailure.Other;

    /// <summary>What to do; empty when that is not known.</summary>
    public string Advice => Failure switch
    {
        ResetFailure.InUse =>
            "something has the GPU open that could not be seen here, such as a process of another PID namespace or a kernel module: "
            + "look for it with \"fuser -v /dev/nvidia*\" on the host, stop it, and run the command again",
        ResetFailure.DisplayGpu =>
            "this GPU drives the console or a desktop and cannot be reset while the system runs: reboot the node",
        ResetFailure.LinkedGpus =>
            "this GPU cannot be reset alone. GPUs before Ampere are reset together with those that NVLink connects them to; on later "
            + "GPUs with NVSwitch, Fabric Manager must run (systemctl status nvidia-fabricmanager). Start it and run the command "
            + "again, or cordon the whole set and reset it under a maintenance file",
        ResetFailure.NotPermitted => "the driver did not let this process reset the GPU: run the command as root on the host",
        ResetFailure.NotSupported => "this GPU cannot be reset by the driver: reboot the node",
        ResetFailure.TimedOut => "the driver does not finish the reset: reboot the node",
        ResetFailure.Other => "see the kernel log (dmesg) for the driver's reason, and reboot the node if the GPU stays as it is",
        _ => "",
    };
}
