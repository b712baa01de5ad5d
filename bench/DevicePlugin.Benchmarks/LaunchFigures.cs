namespace DevicePlugin.Benchmarks;

/// <summary>Times from the launch of one process, and how long it took to be gone after Shutdown.</summary>
/// <param name="Serving">The first inventory and the first statistics are there.</param>
/// <param name="Exit">Both streams were open.</param>
internal sealed record LaunchFigures(TimeSpan Handshake, TimeSpan Info, TimeSpan Serving, TimeSpan Exit);
