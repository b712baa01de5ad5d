namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>The function that a thread is in and since when, for whoever waits for the thread.</summary>
internal sealed class RunningCall(TimeProvider time)
{
    [ThreadStatic]
    private static RunningCall? _ofThread;

    private volatile string? _function;
    private volatile int _gpu = -1;
    private volatile bool _isInside;
    private long _since = time.GetTimestamp();

    /// <summary>Raised on the thread when a call returns after more than a moment, before it counts as returned.</summary>
    public event Action<RunningCall>? TookLong;

    /// <summary>The index of the GPU that the thread's calls are about; null where they are not about one.</summary>
    public int? Gpu
    {
        get => _gpu is >= 0 and var gpu ? gpu : null;
        set => _gpu = value ?? -1;
    }

    /// <summary>How long a call may wait for something else than the driver.</summary>
    public TimeSpan OwnWait { get; init; }

    /// <summary>The one that was called last; null before the first one.</summary>
    public string? Function => _function;

    /// <summary>Whether that one has not come back.</summary>
    public bool IsInside => _isInside;

    /// <summary>How long ago the thread began its work, entered the library or came back from it last.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>How long the call has lasted beyond its own wait; negative while that is not over.</summary>
    public TimeSpan BlockedFor => Age - OwnWait;

    /// <summary>
    /// Until when it may have waited for another thread's call; null while there was none. Kept by <see cref="CallOrder"/>.
    /// </summary>
    public long? HeldUpUntil { get; set; }

    /// <summary>To be told by a function before it is called.</summary>
    public static void Enter(string function) => _ofThread?.Move(function, isInside: true);

    /// <summary>To be told by a function when it is back.</summary>
    public static void Leave() => _ofThread?.Return();

    /// <summary>To be called on the thread itself, before each piece of its work.</summary>
    public void Begin()
    {
        _ofThread = this;
        _function = null;
        Move(null, isInside: false);
    }

    private void Return()
    {
        if (BlockedFor > CallOrder.Gap)
        {
            TookLong?.Invoke(this);
        }

        Move(null, isInside: false);
    }

    private void Move(string? function, bool isInside)
    {
        _function = function ?? _function;
        HeldUpUntil = null;
        Volatile.Write(ref _since, time.GetTimestamp());
        _isInside = isInside;
    }
}
