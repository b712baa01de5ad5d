namespace DevicePlugin.Gpu.Health;

/// <content>What outlives the process.</content>
internal sealed partial class GpuHealth
{
    /// <summary>Takes up a cause of an earlier process.</summary>
    public void Restore(RememberedCause cause, Func<long, XidEntry> find, Moment now)
    {
        if (cause.Xid is not null == cause.Fault is not null)
        {
            return;
        }

        var entry = cause.Xid is { } xid ? find(xid) : null;
        if (entry is { IsUnfit: false, IsConditional: false })
        {
            return;
        }

        var fault = cause.Fault is { } kind ? FaultTable.Find(kind) : null;
        var key = new CauseKey(cause.Fault, cause.Xid, cause.Instance);
        var last = new Occurrence(Moment.Restore(cause.LastSeen, now), Order: 0, cause.Load);
        if (Find(key) is not { } standing)
        {
            _causes.Add(new ActiveCause(
                key, cause.What, cause.Advice ?? fault?.Advice ?? entry!.Advice, fault?.Recovery ?? entry!.Recovery,
                cause.Since, last)
            {
                Occurrences = Math.Max(cause.Occurrences, 1), Hold = FlapDamper.HoldBetween(cause.LastSeen, cause.HeldUntil),
                OverSince = cause.OverSince, Onsets = cause.Onsets, IsDeclaredReset = cause.IsDeclaredReset,
            });
        }
        else if (last.At.Since(standing.Last.At) >= TimeSpan.Zero)
        {
            standing.Repeat(last with { Order = standing.Last.Order }, cause.Occurrences);
        }
    }

    /// <summary>
    /// A grave XID of an instance that was not found yet is kept as one of the GPU: which instance it was can hardly be told
    /// later, and forgetting it would make the instance fit. That a GPU has not been read is each process's own matter.
    /// </summary>
    public IEnumerable<RememberedCause> Remember(string uuid, Func<long, XidEntry> find) => _causes
        .Where(cause => cause.Key.Fault != DeviceFaultKind.NotRead).Select(
        cause => new RememberedCause(uuid, cause.Key.Fault, cause.Key.Xid, cause.What, cause.Since)
        {
            Instance = cause.Key.InstanceUuid,
            Load = cause.Last.Load,
            LastSeen = cause.Last.At.Time,
            Occurrences = cause.Occurrences,
            HeldUntil = cause.Last.At.Time + cause.Hold,
            Advice = cause.Advice,
            OverSince = cause.OverSince,
            Onsets = cause.Onsets,
            IsDeclaredReset = cause.IsDeclaredReset,
        }).Concat(
        from waiting in _waiting
        let entry = find(waiting.Event.Data)
        where entry.IsUnfit
        select new RememberedCause(uuid, null, entry.Code, WhatOf(entry), waiting.First.At.Time)
        {
            Load = waiting.Last.Load, LastSeen = waiting.Last.At.Time, Occurrences = waiting.Times,
        });

    public IEnumerable<RememberedFlap> RememberFlaps(string uuid, Moment now) =>
        _damper.Remember(uuid, key => Find(key) is not null, now);

    public void Restore(RememberedFlap flap, Moment now) => _damper.Restore(flap, now);

    public RememberedContainment? RememberContainment(string uuid) =>
        _contained is { } contained ? new RememberedContainment(uuid, contained.Load) : null;

    public void Restore(RememberedContainment contained) => _contained ??= new Containment(contained.Load);

    public RememberedClear? RememberClear() => _cleared;

    public void Restore(RememberedClear clear) =>
        _cleared = KernelLogPosition.Newer(_cleared?.Line, clear.Line) == _cleared?.Line ? _cleared : clear;
}
