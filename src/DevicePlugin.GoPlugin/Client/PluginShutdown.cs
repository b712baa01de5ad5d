namespace DevicePlugin.GoPlugin.Client;

/// <summary>How a plugin process ended.</summary>
/// <param name="Graceful">It exited by itself after Shutdown; false: it had to be killed, or was gone before.</param>
/// <param name="Elapsed">From the request to the end of the process.</param>
/// <param name="ExitCode">As the system reports it: 137 on Linux for a process that was killed.</param>
public sealed record PluginShutdown(bool Graceful, TimeSpan Elapsed, int ExitCode);
