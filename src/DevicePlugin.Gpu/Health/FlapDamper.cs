namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Holds on to causes that keep coming back: each change of a device's health makes Nomad evaluate the node's jobs. A cause
/// that returns twice within the window is held for as long as the window, then twice as long each time.
/// </summary>
internal sealed class FlapDamper
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    /// <summary>The onset and its two returns.</summary>
    public const int OnsetsInWindow = 3;

    private readonly Dictionary<CauseKey, History> _histories = [];

    /// <summary>How long the cause that begins now is held; null when it is not.</summary>
    public TimeSpan? Begin(CauseKey key, Moment now)
    {
        if (!_histories.TryGetValue(key, out var history))
        {
            Forget(now);
            _histories[key] = history = new History();
        }

        history.Onsets.RemoveAll(onset => now.Since(onset) > Window);
        history.Onsets.Add(now);
        if (history.Onsets.Count > OnsetsInWindow)
        {
            history.Onsets.RemoveAt(0);
        }

        var returnsSoon = history.Level > 0 && history.Cleared is { } cleared && now.Since(cleared) <= Window;
        history.Level = returnsSoon || history.Onsets.Count >= OnsetsInWindow ? history.Level + 1 : 0;
        history.Last = now;
        return history.Level == 0 ? null : HoldOf(history.Level);
    }

    /// <summary>How often a cause that is held has begun.</summary>
    public int OnsetsOf(CauseKey key) =>
        OnsetsInWindow - 1 + (_histories.TryGetValue(key, out var history) ? Math.Max(history.Level, 1) : 1);

    public void Clear(CauseKey key, Moment now)
    {
        if (_histories.TryGetValue(key, out var history))
        {
            history.Last = now;
            history.Cleared = now;
        }
    }

    /// <summary>Counts from zero again, except for causes that stand.</summary>
    public void Reset(Func<CauseKey, bool> isActive)
    {
        foreach (var key in _histories.Keys.Where(key => !isActive(key)).ToList())
        {
            _histories.Remove(key);
        }
    }

    /// <summary>
    /// What a return would still count with: causes that are active, and those that were not long ago.
    /// </summary>
    public IEnumerable<RememberedFlap> Remember(string gpu, Func<CauseKey, bool> isActive, Moment now)
    {
        foreach (var (key, history) in _histories)
        {
            if (now.Since(history.Last) <= Window || isActive(key))
            {
                yield return new RememberedFlap(gpu, key.Fault, key.Xid, history.Level)
                {
                    Instance = key.InstanceUuid,
                    Onsets = [.. history.Onsets.Select(onset => onset.Time)],
                    Cleared = history.Cleared?.Time,
                };
            }
        }
    }

    /// <summary>Takes up what an earlier process counted.</summary>
    public void Restore(RememberedFlap flap, Moment now)
    {
        if (flap.Onsets.IsEmpty || flap.Xid is not null == flap.Fault is not null)
        {
            return;
        }

        var onsets = flap.Onsets.Select(onset => Moment.Restore(onset, now)).TakeLast(OnsetsInWindow).ToList();
        Moment? cleared = flap.Cleared is { } time ? Moment.Restore(time, now) : null;
        var history = new History
        {
            Level = Math.Max(flap.Level, 0),
            Cleared = cleared,
            Last = cleared is { } end && end.Since(onsets[^1]) > TimeSpan.Zero ? end : onsets[^1],
        };
        history.Onsets.AddRange(onsets);
        _histories[new CauseKey(flap.Fault, flap.Xid, flap.Instance)] = history;
    }

    /// <summary>A hold that an earlier process kept by its end.</summary>
    public static TimeSpan? HoldBetween(DateTimeOffset lastSeen, DateTimeOffset? until) =>
        until is not { } end ? null : end - lastSeen < LongestHold ? end - lastSeen : LongestHold;

    private static TimeSpan HoldOf(int level)
    {
        // Six doublings are past the longest hold already.
        var hold = Window * Math.Pow(2, Math.Min(level, 6) - 1);
        return hold < LongestHold ? hold : LongestHold;
    }

    private void Forget(Moment now)
    {
        foreach (var (key, history) in _histories)
        {
            if (now.Since(history.Last) > LongestHold + Window)
            {
                _histories.Remove(key);
            }
        }
    }

    private sealed class History
    {
        public List<Moment> Onsets { get; } = [];

        public int Level { get; set; }

        public Moment? Cleared { get; set; }

        public Moment Last { get; set; }
    }
}
