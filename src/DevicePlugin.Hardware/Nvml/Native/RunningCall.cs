namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>The function that a thread is in, for whoever waits for the thread.</summary>
internal sealed class RunningCall
{
    [ThreadStatic]
    private static RunningCall? _ofThread;

    private volatile string? _function;

    /// <summary>The one that was called last; null before the first one.</summary>
    public string? Function => _function;

    /// <summary>To be told by a function before it is called.</summary>
    public static void Enter(string function)
    {
        if (_ofThread is { } running)
        {
            running._function = function;
        }
    }

    /// <summary>To be called on the thread itself, before each piece of its work.</summary>
    public void Begin()
    {
        _ofThread = this;
        _function = null;
    }
}
