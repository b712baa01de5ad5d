namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>The function that a thread is in and since when, for whoever waits for the thread.</summary>
internal sealed class RunningCall(TimeProvider time)
{
    // A clock may stand still between two calls.
    private static long _calls;

    [ThreadStatic]
    private static RunningCall? _ofThread;

    private volatile string? _function;
    private volatile bool _isInside;
    private long _since = time.GetTimestamp();
    private long _number;

    /// <summary>How many calls have begun in this process.</summary>
    public static long Calls => Interlocked.Read(ref _calls);

    /// <summary>The one that was called last; null before the first one.</summary>
    public string? Function => _function;

    /// <summary>Whether that one has not come back.</summary>
    public bool IsInside => _isInside;

    /// <summary>Later calls have higher numbers, whichever thread makes them.</summary>
    public long Number => Volatile.Read(ref _number);

    /// <summary>How long ago the thread began its work, entered the library or came back from it last.</summary>
    public TimeSpan Age => time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>To be told by a function before it is called.</summary>
    public static void Enter(string function) => _ofThread?.Move(function, isInside: true);

    /// <summary>To be told by a function when it is back.</summary>
    public static void Leave() => _ofThread?.Move(null, isInside: false);

    /// <summary>To be called on the thread itself, before each piece of its work.</summary>
    public void Begin()
    {
        _ofThread = this;
        _function = null;
        Move(null, isInside: false);
    }

    private void Move(string? function, bool isInside)
    {
        _function = function ?? _function;
        Volatile.Write(ref _since, time.GetTimestamp());
        Volatile.Write(ref _number, isInside ? Interlocked.Increment(ref _calls) : _number);
        _isInside = isInside;
    }
}
