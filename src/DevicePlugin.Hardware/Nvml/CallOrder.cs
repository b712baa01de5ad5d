using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Which of several calls that do not return is to blame. The driver serializes its calls on a lock: when the call that holds it
/// hangs, the calls for all GPUs do, and only that one says something about its GPU.
/// </summary>
internal sealed class CallOrder(TimeProvider time)
{
    /// <summary>
    /// How far apart two calls must begin for their order to count. A thread may be preempted between its time stamp and the
    /// driver's lock, on a busy machine for a tenth of a second and more.
    /// </summary>
    public static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a GPU stays healthy while its call waits for another GPU's: no task can start on it meanwhile.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<RunningCall> _calls = [];
    private long? _answered;
    private long? _released;

    public void Add(RunningCall call)
    {
        call.TookLong += Release;
        lock (_gate)
        {
            _calls.Add(call);
        }
    }

    public void Remove(RunningCall call)
    {
        lock (_gate)
        {
            _calls.Remove(call);
        }

        call.TookLong -= Release;
    }

    /// <summary>A GPU was read from beginning to end, which takes calls that need the driver.</summary>
    /// <param name="begun">The time stamp when that began.</param>
    public void Answered(long begun)
    {
        lock (_gate)
        {
            _answered = Math.Max(_answered ?? begun, begun);
        }
    }

    /// <summary>Judges a call that has not returned for <paramref name="limit"/>.</summary>
    public HangVerdict Judge(RunningCall call, TimeSpan limit)
    {
        lock (_gate)
        {
            if (call.BlockedFor < limit)
            {
                return HangVerdict.Unknown;
            }

            if (!call.IsInside || HangsAlone(call))
            {
                return HangVerdict.Alone;
            }

            var suspects = FindSuspects();
            if (!suspects.Exists(other => IsSameGpu(other, call)))
            {
                // Where what blocks the driver is not about a GPU, nothing shows that this one is well.
                var waits = suspects.Exists(other => other.Gpu is not null) && call.BlockedFor < limit + LongestWait;
                var cause = waits ? HangCause.OtherGpu : HangCause.Driver;
                return new HangVerdict(cause, Describe(suspects), IsLater: true);
            }

            // What it may have waited for returned a moment ago: its own time begins there.
            return WaitOf(call) < limit ? HangVerdict.Unknown
                : suspects.TrueForAll(other => IsSameGpu(other, call)) ? HangVerdict.Alone
                : new HangVerdict(HangCause.Driver, Describe(suspects), IsLater: false) { AreSeveral = suspects.Count > 1 };
        }
    }

    /// <summary>
    /// Whether a call has lasted for more than <paramref name="limit"/> beyond its own wait, not counting how long it waited for a call
    /// that has returned since.
    /// </summary>
    public bool IsLate(RunningCall call, TimeSpan limit)
    {
        lock (_gate)
        {
            var time = call.HeldUpUntil is { } heldUp ? TimeSince(heldUp, call.Age) : call.Age;
            return call.IsInside && time > call.OwnWait + limit;
        }
    }

    private static bool IsSameGpu(RunningCall one, RunningCall other) =>
        one == other || (one.Gpu is { } gpu && gpu == other.Gpu);

    /// <summary>The functions, each with the GPUs that it was called for.</summary>
    private static string[] Describe(IEnumerable<RunningCall> calls) => [.. calls
        .OrderBy(call => call.Gpu ?? -1)
        .GroupBy(call => (call.Function, IsAboutAGpu: call.Gpu is not null), call => call.Gpu)
        .Select(calls => calls.Key.IsAboutAGpu ? $"{calls.Key.Function} (GPU {string.Join(", ", calls.Distinct())})" : $"{calls.Key.Function}")];

    /// <summary>
    /// The calls one of which may hold the lock: those that may have waited longest, as far as the order of their time stamps counts.
    /// </summary>
    private List<RunningCall> FindSuspects()
    {
        var waiting = _calls.Where(call => call.IsInside && call.BlockedFor >= TimeSpan.Zero && !HangsAlone(call)).ToList();
        var longest = waiting.Select(WaitOf).DefaultIfEmpty().Max();
        return [.. waiting.Where(other => longest - LongestWaitOf(other) <= Gap)];
    }

    /// <summary>Since it began, the driver has answered calls that began clearly later: it does not wait for the lock, nor hold it.</summary>
    private bool HangsAlone(RunningCall call) =>
        _answered is { } answered && TimeSince(call.HeldUpUntil, call.Age) - call.OwnWait >= time.GetElapsedTime(answered) + Gap;

    /// <summary>How long it has waited for the driver, at least.</summary>
    private TimeSpan WaitOf(RunningCall call) => SinceRelease(call.BlockedFor);

    /// <summary>
    /// At most. A wait for events that does not end may have held the lock from its beginning, unless the driver has answered another
    /// GPU since then.
    /// </summary>
    private TimeSpan LongestWaitOf(RunningCall call) => _answered is { } answered && call.Age >= time.GetElapsedTime(answered) + Gap
        ? WaitOf(call)
        : SinceRelease(call.Age);

    /// <summary>
    /// When a call that took long returns, which of those that waited for it gets the lock next is not known: their time begins there.
    /// </summary>
    private TimeSpan SinceRelease(TimeSpan wait) => TimeSince(_released, wait);

    private TimeSpan TimeSince(long? moment, TimeSpan atMost) =>
        moment is { } begin && time.GetElapsedTime(begin) is var since && since < atMost ? since : atMost;

    private void Release(RunningCall released)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            foreach (var call in _calls.Where(call => call != released && call.IsInside && !HasPassed(call, released)))
            {
                call.HeldUpUntil = now;
            }

            _released = now;
        }
    }

    /// <summary>Whether the driver has answered something that began after this call, which thus does not wait for the lock.</summary>
    private bool HasPassed(RunningCall call, RunningCall released) => call.HeldUpUntil is { } heldUp
        ? released.Age <= time.GetElapsedTime(heldUp) || _answered >= heldUp
        : call.Age >= released.Age + Gap || (_answered is { } answered && call.Age >= time.GetElapsedTime(answered) + Gap);
}
