namespace DevicePlugin.GoPlugin;

/// <summary>The end of the plugin; a service gets it by injection.</summary>
public sealed class PluginLifetime : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PluginLifetime()
    {
    }

    /// <summary>
    /// Cancelled once every connection is cut. By then no stream can be completed any more, which is intended: a host
    /// may take a stream that ends well for one that will never be needed again.
    /// </summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Completes with the reason as soon as somebody wants the plugin to end.</summary>
    internal Task<string> StopRequested => _stopRequested.Task;

    /// <summary>Ends the plugin; only the first reason counts.</summary>
    /// <param name="reason">For the log, as the end of a sentence: "the host asked for it".</param>
    public void RequestStop(string reason) => _stopRequested.TrySetResult(reason);

    public void Dispose() => _stopping.Dispose();

    internal void BeginStopping() => _stopping.Cancel();
}
