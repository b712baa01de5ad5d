namespace DevicePlugin.Gpu;

/// <summary>Calls the handlers of an event: the status page, the metrics. Their failures do not reach the caller.</summary>
public static class Handlers
{
    /// <summary>Calls every handler. One that throws does not affect the others or the caller, on which Nomad may be waiting.</summary>
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
