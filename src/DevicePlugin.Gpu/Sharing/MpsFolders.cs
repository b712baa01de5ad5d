namespace DevicePlugin.Gpu.Sharing;

/// <summary>Where the tasks of one sharing rule find their MPS control daemon; the same paths on the node and in a task.</summary>
/// <param name="Rule">Index in <see cref="SharingPolicy.Rules"/>.</param>
/// <param name="PipeDirectory">Of the daemon's sockets.</param>
/// <param name="LogDirectory">Of the daemon's logs.</param>
public sealed record MpsFolders(int Rule, string PipeDirectory, string LogDirectory);
