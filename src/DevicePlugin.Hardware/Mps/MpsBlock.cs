using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Mps;

/// <summary>One daemon as the configuration wants it.</summary>
/// <param name="Number">Of the sharing block, from 0 in the order of the configuration.</param>
/// <param name="Gpus">Those the block matches and the node shows; empty while it shows none.</param>
/// <param name="PipeDirectory">Where clients find the daemon.</param>
/// <param name="LogDirectory">Where it writes its logs.</param>
/// <param name="ThreadPercentage">Share of the multiprocessors that one client may use.</param>
public sealed record MpsBlock(
    int Number, ImmutableArray<MpsGpu> Gpus, string PipeDirectory, string LogDirectory, int ThreadPercentage)
{
    public bool Has(string uuid) => Gpus.Any(gpu => gpu.Uuid == uuid);

    public override string ToString() => $"sharing[{Number}]";
}
