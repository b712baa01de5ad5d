using System.Collections.Immutable;
using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>What is wrong with one physical GPU and its instances. The tracker's lock guards it.</summary>
internal sealed partial class GpuHealth
{
    /// <summary>
    /// How long an XID lasts at least. The driver needs a moment to ask for a recovery: "none" before that says nothing.
    /// </summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    // More different ones at once say nothing more about a GPU, and a broken driver could make them up without end.
    private const int MostXidCauses = 8;
    private const int MostWaiting = 64;

    private static readonly TimeSpan RepetitionPause = TimeSpan.FromSeconds(1);

    private readonly List<ActiveCause> _causes = [];
    private readonly List<WaitingXid> _waiting = [];
    private readonly FlapDamper _damper = new();
    private Containment? _contained;
    private RememberedClear? _cleared;
    private ImmutableArray<GpuDevice> _devices = [];
    private string? _address;

    public XidRecord Xids { get; private set; } = XidRecord.None;

    /// <summary>False until an enumeration had the GPU.</summary>
    public bool IsKnown => !_devices.IsEmpty;

    public IReadOnlyList<ActiveCause> Causes => _causes;

    /// <summary>Whether a cause keeps tasks off one of its devices.</summary>
    public bool Withholds(ActiveCause cause, HealthPolicy policy) => _devices.IsEmpty
        ? policy.Withholds(cause, device: null)
        : _devices.Any(device => cause.Key.Concerns(device) && policy.Withholds(cause, device));

    /// <summary>Whether an operator cleared what a line of the kernel log tells.</summary>
    public bool IsCleared(KernelLogPosition? line) => _cleared?.Covers(line) == true;

    /// <summary>Why its events do not arrive; null while they do.</summary>
    public (string Reason, DateTimeOffset Since)? Unmonitored { get; private set; }

    public void Count(long xid, long times)
    {
        Xids = Xids.With(xid, times);
        if (xid == XidCatalog.ContainedError)
        {
            _contained = new Containment(Load: null);
        }
    }

    /// <summary>Which devices the enumeration has whose readings come next; empty where it does not have the GPU.</summary>
    public void Meet(ImmutableArray<GpuDevice> devices) => _devices = devices.IsEmpty ? _devices : devices;

    /// <summary>
    /// Judges an XID that makes the GPU, or depending on the rest of its state may make it, unfit. True when it changed
    /// something or the next enumeration has to decide.
    /// </summary>
    public bool Judge(GpuEvent xid, XidEntry entry, Occurrence occurrence)
    {
        if (ScopesOf(xid) is not { } scopes)
        {
            // The layout may just have changed: the next enumeration knows the instance, or that there is none.
            return Wait(xid, entry, occurrence);
        }

        var isNews = Repeat(entry, scopes, occurrence, xid.Count);
        if (scopes.Count > 0)
        {
            isNews |= entry.IsUnfit
                ? Add(entry, scopes, xid.At ?? occurrence.At.Time, occurrence, xid.Count)
                : Wait(xid, entry, occurrence);
        }

        return isNews;
    }

    public void Observe(HealthObservation seen, Func<long, XidEntry> find, Moment now)
    {
        _devices = seen.Devices;
        Unmonitored = seen.Unmonitored is not { } reason ? null
            : Unmonitored?.Reason == reason ? Unmonitored
            : (reason, now.Time);
        // An event does not say under which load of the driver it came: the first reading after it does.
        _contained = _contained is { Load: null } ? new Containment(seen.Load) : _contained;
        if (IsExplained(seen, find))
        {
            seen = seen.Without(DeviceFaultKind.UncorrectableEcc);
        }

        ObserveFaults(seen, now);
        ObserveAddress(seen);
        Decide(seen, find);
        RunsUnder(seen.Load, seen.Order);
        _causes.RemoveAll(cause => IsOver(cause, seen, now));
    }

    /// <summary>Which load of the driver an enumeration met, whether or not it could read this GPU.</summary>
    public void RunsUnder(DriverLoad? load, long order)
    {
        foreach (var cause in _causes)
        {
            cause.RunsUnder(load, order);
        }
    }

    public void EndReading() => _causes.RemoveAll(cause => cause.Key.Fault == DeviceFaultKind.NotRead);

    /// <summary>Drops the XIDs that the configuration no longer takes for grave.</summary>
    public bool Forgive(Func<long, XidEntry> find) => _causes.RemoveAll(
        cause => cause.Key.Xid is { } xid && find(xid) is { IsUnfit: false, IsConditional: false }) > 0;

    /// <summary>What only a reset ends may end with the next good probe, on an operator's word.</summary>
    public void DeclareReset()
    {
        foreach (var cause in _causes.Where(cause => cause.Recovery == RecoveryRule.Reset))
        {
            cause.IsDeclaredReset = true;
        }
    }

    /// <summary>
    /// Ends what the driver does not take back by itself: past XIDs, holds, and faults that are waited out. A fault that the
    /// last probe still saw stays.
    /// </summary>
    public ImmutableArray<CauseReport> Clear()
    {
        ImmutableArray<CauseReport> ended = [.. _causes.Where(IsClearable).Select(CauseReport.Of)];
        _causes.RemoveAll(IsClearable);
        _waiting.Clear();
        _damper.Reset(key => Find(key) is not null);
        return ended;
    }

    private static bool IsClearable(ActiveCause cause) =>
        cause.Key.Xid is not null || cause.OverSince is not null || !cause.IsPresent;

    private static string WhatOf(XidEntry entry) =>
        $"XID {entry.Code.ToString(CultureInfo.InvariantCulture)}: {entry.Meaning}";

    private ActiveCause? Find(CauseKey key) => _causes.Find(cause => cause.Key == key);

    /// <summary>
    /// What an event concerns: instances by their UUID, or the whole GPU, which is null in the list. Null when the list cannot
    /// be made of the instance that is named: no enumeration had the GPU yet, or it was not among its instances. A GPU that only
    /// the kernel names may have no enumeration ever, because it fell off the bus.
    /// </summary>
    private List<string?>? ScopesOf(GpuEvent xid)
    {
        List<string?> instances = [.. _devices
            .Where(device => device.Mig is { } mig && mig.GpuInstanceId == xid.GpuInstanceId
                && (xid.ComputeInstanceId is null || mig.ComputeInstanceId == xid.ComputeInstanceId))
            .Select(device => device.Uuid)];
        return instances.Count > 0 ? instances
            : xid.GpuInstanceId is null || (xid.Line is not null && !IsKnown) || (IsKnown && _devices.All(device => device.Mig is null)) ? [null]
            : null;
    }

    /// <summary>
    /// Counts an XID for the causes of it that stand, whose scopes it takes from <paramref name="scopes"/>. True when it is
    /// worth an enumeration, which also keeps it over a restart: not each one of a flood is.
    /// </summary>
    private bool Repeat(XidEntry entry, List<string?> scopes, Occurrence occurrence, long times = 1)
    {
        var isNews = false;
        scopes.RemoveAll(scope =>
        {
            var cause = Find(CauseKey.Of(entry.Code, scope));
            if (cause is not null && cause.Last.Order < occurrence.Order)
            {
                isNews |= occurrence.At.Since(cause.Last.At) >= RepetitionPause;
                cause.Repeat(occurrence, times);
            }

            return cause is not null;
        });
        return isNews;
    }

    private bool Wait(GpuEvent xid, XidEntry entry, Occurrence occurrence)
    {
        if (_waiting.Find(other => other.Event.Repeats(xid)) is { } waiting)
        {
            waiting.Repeat(occurrence, xid.Count);
            return false;
        }

        if (_waiting.Count < MostWaiting)
        {
            _waiting.Add(new WaitingXid(xid, occurrence));
        }
        else if (entry.IsUnfit)
        {
            // A flood of numbers must not hide a grave one; which device it concerns is no longer looked up.
            Add(entry, [null], xid.At ?? occurrence.At.Time, occurrence, xid.Count);
        }

        return true;
    }

    private bool Add(XidEntry entry, List<string?> scopes, DateTimeOffset since, Occurrence last, long times = 1)
    {
        foreach (var scope in scopes)
        {
            var key = CauseKey.Of(entry.Code, scope);
            var others = _causes.FindAll(cause => cause.Key.Xid is not null && cause.Key.InstanceUuid == scope);
            if (others.Count >= MostXidCauses && others.Find(cause => cause.Recovery == entry.Recovery) is { } standIn)
            {
                // It is no longer distinguished, and lasts as long as it would have by itself.
                standIn.Repeat(last, times);
                continue;
            }

            _causes.Add(new ActiveCause(key, WhatOf(entry), entry.Advice, entry.Recovery, since, last)
            {
                Hold = _damper.Begin(key, last.At), Occurrences = times,
            });
        }

        return scopes.Count > 0;
    }

    private void ObserveFaults(HealthObservation seen, Moment now)
    {
        foreach (var fault in seen.Faults)
        {
            var occurrence = new Occurrence(now, seen.Order, seen.Load);
            if (Find(CauseKey.Of(fault.Kind)) is not { } cause)
            {
                Begin(fault, occurrence, seen.BoardSerial);
            }
            else
            {
                Continue(cause, fault, occurrence, seen.BoardSerial);
            }
        }

        foreach (var cause in _causes)
        {
            if (cause.Key.Fault is { } kind)
            {
                cause.IsPresent = seen.Has(kind)
                    || (cause.IsPresent && !seen.ProbePassed && cause.Recovery != RecoveryRule.DriverAnswers);
            }
        }
    }

    private void ObserveAddress(HealthObservation seen)
    {
        // The address of a GPU that does not answer is the last one known.
        if (!seen.ProbePassed || seen.PciBusId is not { } address)
        {
            return;
        }

        if (_address is { } former && former != address)
        {
            _causes.ForEach(cause => cause.IsOfFormerAddress = true);
        }

        _address = address;
    }

    private void Begin(DeviceFault fault, Occurrence occurrence, string? boardSerial)
    {
        var key = CauseKey.Of(fault.Kind);
        var entry = FaultTable.Find(fault.Kind);
        _causes.Add(new ActiveCause(
            key, entry.WhatOf(fault), entry.AdviceFor(fault, boardSerial), entry.Recovery, occurrence.At.Time, occurrence)
        {
            Hold = entry.IsDamped ? _damper.Begin(key, occurrence.At) : null,
        });
    }

    private static void Continue(ActiveCause cause, DeviceFault fault, Occurrence occurrence, string? boardSerial)
    {
        if (FaultTable.Find(fault.Kind) is { NamesCondition: true } entry)
        {
            cause.Turn(entry.WhatOf(fault), entry.AdviceFor(fault, boardSerial), occurrence.At);
        }

        if (cause.IsPresent)
        {
            cause.Continue(occurrence.Load, occurrence.Order);
        }
        else
        {
            cause.Repeat(occurrence);
        }
    }

    /// <summary>
    /// Judges the events that waited. Readings that speak for a cause need an enumeration that began after the first of them,
    /// readings that speak against it one that began after the last.
    /// </summary>
    private void Decide(HealthObservation seen, Func<long, XidEntry> find) => _waiting.RemoveAll(waiting =>
    {
        var entry = find(waiting.Event.Data);
        var isSeen = waiting.Last.Order <= seen.Order;
        if (ScopesOf(waiting.Event) is not { } scopes)
        {
            // An instance that no longer exists cannot be handed out either.
            return isSeen;
        }

        if (entry.IsUnfit || (waiting.First.Order <= seen.Order && seen.SpeaksFor(entry)))
        {
            Repeat(entry, scopes, waiting.Last, waiting.Times);
            Add(entry, scopes, waiting.Event.At ?? waiting.First.At.Time, waiting.Last, waiting.Times);
            return true;
        }

        return isSeen;
    });

    /// <summary>
    /// Whether the counter of uncorrected errors says nothing that an XID has not said better: they were contained, or the
    /// operator takes them for harmless.
    /// </summary>
    private bool IsExplained(HealthObservation seen, Func<long, XidEntry> find) =>
        (_contained is { } contained && !(contained.Load is { } then && seen.Load?.IsReloadedSince(then) == true))
        || find(XidCatalog.DoubleBitError).Resolution == XidResolution.Ignore;

    private bool IsOver(ActiveCause cause, HealthObservation seen, Moment now)
    {
        if (cause.Last.Order > seen.Order
            || (cause.Key.Xid is not null && seen.Began.Since(cause.Last.At) < Settle))
        {
            return false;
        }

        if (cause.Key.InstanceUuid is { } instance && seen.ProbePassed
            && seen.Devices.All(device => device.Uuid != instance))
        {
            return true;
        }

        if ((cause.Key.Fault is { } fault && seen.Has(fault)) || !seen.Ends(cause))
        {
            cause.Stands(seen.ProbePassed);
            return false;
        }

        if (cause.IsHeld(now))
        {
            cause.WaitForHold(now.Time, _damper.OnsetsOf(cause.Key));
            return false;
        }

        _damper.Clear(cause.Key, now);
        return true;
    }

    /// <summary>An XID said that errors were contained.</summary>
    /// <param name="Load">The driver's counters begin again with the next one; null when it was not known.</param>
    private sealed record Containment(DriverLoad? Load);
}
