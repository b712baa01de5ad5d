namespace DevicePlugin.GoPlugin;

/// <summary>The end of the plugin; a service gets it by injection.</summary>
public sealed class PluginLifetime
{
    private readonly TaskCompletionSource<string> _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PluginLifetime()
    {
    }

    /// <summary>Completes with the reason as soon as somebody wants the plugin to end.</summary>
    internal Task<string> StopRequested => _stopRequested.Task;

    /// <summary>Ends the plugin; only the first reason counts.</summary>
    /// <param name="reason">For the log, as the end of a sentence: "the host asked for it".</param>
    public void RequestStop(string reason) => _stopRequested.TrySetResult(reason);
}
