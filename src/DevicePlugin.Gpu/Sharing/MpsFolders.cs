namespace DevicePlugin.Gpu.Sharing;

/// <summary>Where tasks of one sharing rule find their MPS control daemon, on the same paths as on the node.</summary>
/// <param name="Rule">Index in <see cref="SharingPolicy.Rules"/>.</param>
/// <param name="PipeDirectory">Of the daemon's sockets.</param>
/// <param name="LogDirectory">Of the daemon's logs.</param>
public sealed record MpsFolders(int Rule, string PipeDirectory, string LogDirectory);
