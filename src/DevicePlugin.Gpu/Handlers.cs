namespace DevicePlugin.Gpu;

/// <summary>Tells those who listen to an event: a page, metrics. What goes wrong there stays there.</summary>
public static class Handlers
{
    /// <summary>Calls every handler. One that throws costs neither the others nor the caller, which has Nomad waiting.</summary>
    public static void Tell<T>(this Action<T>? handlers, T value, Action<Exception> failed)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(value);
            }
            catch (Exception exception)
            {
                failed(exception);
            }
        }
    }
}
