using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>One enumeration as it concerns one physical GPU.</summary>
/// <param name="Devices">The GPU and its instances; not empty.</param>
/// <param name="Load">The load of the driver that reported them.</param>
/// <param name="Order">Events before it began: what came later it may not have seen.</param>
/// <param name="Began">When it began.</param>
internal sealed record HealthObservation(
    ImmutableArray<GpuDevice> Devices, DriverLoad? Load, long Order, Moment Began)
{
    private readonly GpuDevice _gpu = Devices.FirstOrDefault(device => device.Mig is null) ?? Devices[0];

    public ImmutableArray<DeviceFault> Faults => _gpu.Faults;

    public string? Unmonitored => _gpu.Unmonitored;

    public bool? RecoveryNeeded => _gpu.RecoveryNeeded;

    public string? BoardSerial => _gpu.Facts.BoardSerial;

    public string? PciBusId => _gpu.PciBusId;

    /// <summary>The GPU answered everything it was asked.</summary>
    public bool ProbePassed => !Faults.Any(fault => FaultTable.Find(fault.Kind).HidesOthers);

    public bool Has(DeviceFaultKind kind) => Faults.Any(fault => fault.Kind == kind);

    /// <summary>Whether what <paramref name="cause"/> waits for has come. Says nothing of a fault that is still there.</summary>
    public bool Ends(ActiveCause cause)
    {
        var isReloaded = cause.Last.Load is { } then && Load?.IsReloadedSince(then) == true;
        return cause.Recovery == RecoveryRule.DriverAnswers || (ProbePassed && cause.Recovery switch
        {
            RecoveryRule.ReadingIsGood => true,
            RecoveryRule.AnswersAgain => isReloaded || cause.IsOfFormerAddress || RecoveryNeeded == false,
            RecoveryRule.Reset => isReloaded || SaysRecovered || (cause.IsDeclaredReset && !AsksForReset),
            RecoveryRule.Restart => isReloaded,
            _ => !AsksForRecovery,
        });
    }

    /// <summary>Whether the readings say that an XID which depends on them makes the GPU unfit.</summary>
    public bool SpeaksFor(XidEntry xid) => xid.Resolution switch
    {
        XidResolution.OwnWorkflow => AsksForRecovery,
        XidResolution.Unknown => RecoveryNeeded == true,
        _ => false,
    };

    public HealthObservation Without(DeviceFaultKind kind) => new(
        [.. Devices.Select(device => device with { Faults = device.Faults.RemoveAll(fault => fault.Kind == kind) })],
        Load, Order, Began);

    private bool AsksForRecovery => RecoveryNeeded == true || Has(DeviceFaultKind.FabricUnhealthy);

    private bool SaysRecovered => RecoveryNeeded == false && !AsksForReset;

    private bool AsksForReset => RecoveryNeeded == true || Has(DeviceFaultKind.RemapPending) || Has(DeviceFaultKind.RemapFailed);
}
