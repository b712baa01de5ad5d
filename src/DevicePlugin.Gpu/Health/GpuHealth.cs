using System.Collections.Immutable;
using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>What is wrong with one physical GPU and its instances. The tracker's lock guards it.</summary>
internal sealed class GpuHealth
{
    /// <summary>
    /// How long the driver has to ask for a recovery after an XID, before "none" is taken as its word that none is needed.
    /// </summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    // More different ones at once say nothing more about a GPU, and a broken driver could make them up without end.
    private const int MostXidCauses = 8;
    private const int MostWaiting = 64;

    private readonly List<ActiveCause> _causes = [];
    private readonly List<Waiting> _waiting = [];
    private readonly FlapDamper _damper = new();
    private ImmutableArray<GpuDevice> _devices = [];

    public XidRecord Xids { get; private set; } = XidRecord.None;

    /// <summary>False until an enumeration had the GPU.</summary>
    public bool IsKnown => !_devices.IsEmpty;

    public IReadOnlyList<ActiveCause> Causes => _causes;

    /// <summary>Why its events do not arrive; null while they do.</summary>
    public (string Reason, DateTimeOffset Since)? Unmonitored { get; private set; }

    public void Count(long xid) => Xids = Xids.With(xid);

    /// <summary>
    /// Judges an XID that makes the GPU, or depending on the rest of its state may make it, unfit. True when it changed
    /// something or the next enumeration has to decide.
    /// </summary>
    public bool Judge(GpuEvent xid, XidEntry entry, DriverLoad? load, DateTimeOffset now, long order)
    {
        if (entry.Resolution == XidResolution.OwnWorkflow || !IsKnown)
        {
            return Wait(xid, entry, now, order);
        }

        var instances = InstancesOf(xid).ToList();
        if (xid.GpuInstanceId is not null && instances.Count == 0 && _devices.Any(device => device.Mig is not null))
        {
            // The layout may just have changed: the next enumeration knows the instance, or that there is none.
            return Wait(xid, entry, now, order);
        }

        return Add(entry, instances, load, now, order);
    }

    public void Observe(HealthObservation seen, Func<long, XidEntry> find, DateTimeOffset now)
    {
        _devices = seen.Devices;
        Unmonitored = seen.Unmonitored is not { } reason ? null
            : Unmonitored?.Reason == reason ? Unmonitored
            : (reason, now);
        foreach (var cause in _causes)
        {
            cause.Load ??= seen.Load;
            cause.WasRecoveryNeeded |= seen.RecoveryNeeded == true && cause.Order <= seen.Order;
        }

        foreach (var fault in seen.Faults)
        {
            Begin(fault, seen, now);
        }

        Decide(seen, find);
        _causes.RemoveAll(cause => IsOver(cause, seen, now));
    }

    /// <summary>Takes up a cause of an earlier process.</summary>
    public void Restore(RememberedCause cause, Func<long, XidEntry> find)
    {
        if (cause.Xid is not null == cause.Fault is not null)
        {
            return;
        }

        var entry = cause.Xid is { } xid ? find(xid) : null;
        if (entry is { IsUnfit: false, Resolution: not XidResolution.OwnWorkflow })
        {
            return;
        }

        var fault = cause.Fault is { } kind ? FaultTable.Find(kind) : null;
        var key = new CauseKey(cause.Fault, cause.Xid, cause.Instance);
        if (_causes.All(active => active.Key != key))
        {
            _causes.Add(new ActiveCause(
                key, cause.What, fault?.Advice ?? entry!.Advice, cause.Since, fault?.Recovery ?? entry!.Recovery)
            {
                Load = cause.Load, WasRecoveryNeeded = cause.WasRecoveryNeeded, HeldUntil = cause.HeldUntil,
            });
        }
    }

    public IEnumerable<RememberedCause> Remember(string uuid) => _causes.Select(
        cause => new RememberedCause(uuid, cause.Key.Fault, cause.Key.Xid, cause.What, cause.Since)
        {
            Instance = cause.Key.InstanceUuid,
            Load = cause.Load,
            WasRecoveryNeeded = cause.WasRecoveryNeeded,
            HeldUntil = cause.HeldUntil,
        });

    public IEnumerable<RememberedFlap> RememberFlaps(string uuid, DateTimeOffset now) =>
        _damper.Remember(uuid, key => _causes.Any(cause => cause.Key == key), now);

    public void Restore(RememberedFlap flap) => _damper.Restore(flap);

    /// <summary>Drops the XIDs that the configuration no longer takes for grave.</summary>
    public bool Forgive(Func<long, XidEntry> find) => _causes.RemoveAll(
        cause => cause.Key.Xid is { } xid && !find(xid).IsUnfit && find(xid).Resolution != XidResolution.OwnWorkflow) > 0;

    private IEnumerable<string> InstancesOf(GpuEvent xid) => _devices
        .Where(device => device.Mig is { } mig && mig.GpuInstanceId == xid.GpuInstanceId
            && (xid.ComputeInstanceId is null || mig.ComputeInstanceId == xid.ComputeInstanceId))
        .Select(device => device.Uuid);

    private bool Wait(GpuEvent xid, XidEntry entry, DateTimeOffset now, long order)
    {
        var isWaiting = _waiting.Any(other => other.Event == xid);
        if (isWaiting || _waiting.Count == MostWaiting)
        {
            return !isWaiting;
        }

        _waiting.Add(new Waiting(xid, entry.Code, now, order));
        return true;
    }

    private bool Add(
        XidEntry entry, List<string> instances, DriverLoad? load, DateTimeOffset now, long order)
    {
        List<string?> scopes = instances.Count == 0 ? [null] : [.. instances];
        var added = false;
        foreach (var scope in scopes)
        {
            var key = CauseKey.Of(entry.Code, scope);
            var isFull = _causes.Count(cause => cause.Key.Xid is not null && cause.Key.InstanceUuid == scope) >= MostXidCauses;
            if (!isFull && _causes.All(cause => cause.Key != key))
            {
                var code = entry.Code.ToString(CultureInfo.InvariantCulture);
                _causes.Add(new ActiveCause(key, $"XID {code}: {entry.Meaning}", entry.Advice, now, entry.Recovery)
                {
                    Load = load, HeldUntil = _damper.Begin(key, now), Order = order,
                });
                added = true;
            }
        }

        return added;
    }

    private void Begin(DeviceFault fault, HealthObservation seen, DateTimeOffset now)
    {
        var key = CauseKey.Of(fault.Kind);
        if (_causes.Any(cause => cause.Key == key))
        {
            return;
        }

        var entry = FaultTable.Find(fault.Kind);
        _causes.Add(new ActiveCause(
            key, $"{entry.Words}: {fault.Evidence.TrimEnd('.')}", entry.Advice, now, entry.Recovery)
        {
            Load = seen.Load, HeldUntil = _damper.Begin(key, now), Order = seen.Order,
        });
    }

    /// <summary>
    /// Judges the events that waited. Those that depend on readings need an enumeration which began after them, the others
    /// only had to know which instances there are.
    /// </summary>
    private void Decide(HealthObservation seen, Func<long, XidEntry> find) => _waiting.RemoveAll(waiting =>
    {
        var entry = find(waiting.Code);
        var isSeen = waiting.Order <= seen.Order;
        if (!isSeen && !entry.IsUnfit)
        {
            return false;
        }

        var instances = InstancesOf(waiting.Event).ToList();
        if (waiting.Event.GpuInstanceId is not null && instances.Count == 0
            && _devices.Any(device => device.Mig is not null))
        {
            // An instance that no longer exists cannot be handed out either.
            return isSeen;
        }

        if (entry.IsUnfit || (entry.Resolution == XidResolution.OwnWorkflow && seen.AsksForRecovery))
        {
            Add(entry, instances, seen.Load, waiting.Since, waiting.Order);
        }

        return true;
    });

    private bool IsOver(ActiveCause cause, HealthObservation seen, DateTimeOffset now)
    {
        if (cause.Order > seen.Order)
        {
            return false;
        }

        if (cause.Key.InstanceUuid is { } instance && seen.ProbePassed
            && seen.Devices.All(device => device.Uuid != instance))
        {
            return true;
        }

        // A clock that was set back must not hold a cause for longer than it was meant to.
        var isHeld = cause.HeldUntil is { } until && now < until && now >= cause.Since;
        if (isHeld || (cause.Key.Fault is { } fault && seen.Has(fault)) || !seen.Ends(cause, Settle))
        {
            return false;
        }

        _damper.Clear(cause.Key, now);
        return true;
    }

    private sealed record Waiting(GpuEvent Event, long Code, DateTimeOffset Since, long Order);
}
