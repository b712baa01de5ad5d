namespace DevicePlugin.Hardware.Mps;

/// <summary>A daemon as a person asks about it.</summary>
/// <param name="Block">Number of its sharing block.</param>
/// <param name="Process">Its process id; null when it does not run.</param>
/// <param name="State">In words.</param>
/// <param name="PipeDirectory">Where clients find it.</param>
/// <param name="Gpus">UUIDs of its GPUs, each with the compute mode to be put back; empty where none was kept.</param>
public sealed record MpsDaemonStatus(
    int Block, int? Process, string State, string PipeDirectory, IReadOnlyList<(string Uuid, string FormerMode)> Gpus);
