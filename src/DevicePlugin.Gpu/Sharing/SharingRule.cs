using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Sharing;

/// <summary>One block <c>sharing</c> of the configuration.</summary>
public sealed record SharingRule
{
    public SharingStrategy Strategy { get; init; } = SharingStrategy.TimeSlicing;

    /// <summary>How many times each device is offered. 1 leaves it as it is, and out of the reach of later rules.</summary>
    public int Replicas { get; init; } = 2;

    /// <summary>The devices that the rule is for.</summary>
    public ImmutableArray<DevicePattern> Devices { get; init; } = [];

    /// <summary>Marks the group of the shared devices, however the rule names them.</summary>
    public bool Rename { get; init; }

    public TimeSlice TimeSlice { get; init; } = TimeSlice.Default;

    /// <summary>
    /// Memory that one replica may use, where the strategy enforces a limit and the configuration sets it. Null: its even
    /// part.
    /// </summary>
    public long? MemoryLimitMiB { get; init; }

    /// <summary>Whether it can apply to some devices of a model and not to others.</summary>
    public bool DividesModels => Devices.Any(pattern => pattern.NamesSingleDevices);

    /// <summary>Whether its patterns name the device, which it may nevertheless not apply to.</summary>
    public bool Names(GpuDevice device)
    {
        foreach (var pattern in Devices)
        {
            if (pattern.Matches(device))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>MPS has no part in MIG instances: the driver knows one server for a whole GPU only.</summary>
    public bool AppliesTo(GpuDevice device) => (Strategy != SharingStrategy.Mps || device.Mig is null) && Names(device);
}
