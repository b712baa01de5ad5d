using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Hardware.Mps;

/// <summary>From the sharing rules and what the node has to the daemons that should run.</summary>
/// <param name="sharing">Its rules with MPS get a daemon each.</param>
/// <param name="filter">Hides GPUs, which stay out of every daemon's sight.</param>
/// <param name="folders">Of each such rule.</param>
/// <param name="threadPercentage">Of one client; null: an even part.</param>
public sealed class MpsPlanner(
    SharingPolicy sharing, DeviceFilter filter, ImmutableArray<MpsFolders> folders, int? threadPercentage)
{
    private static readonly ComputeCapability Turing = new(7, 5);

    public MpsPlan Plan(NodeReport report)
    {
        var gpus = folders.ToDictionary(entry => entry.Rule, _ => ImmutableArray.CreateBuilder<MpsGpu>());
        var refused = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var device in report.Devices.Where(
            device => device is { Mig: null, Index: >= 0 } && device.Facts.MigMode != true))
        {
            if (filter.Hides(device)
                || sharing.FindShare(device) is not { Strategy: SharingStrategy.Mps } share
                || !gpus.TryGetValue(share.Rule, out var block))
            {
                continue;
            }

            if (FindRefusal(device, share) is { } refusal)
            {
                refused.Add(device.Uuid, refusal);
            }
            else
            {
                block.Add(new MpsGpu(device.Uuid, share.MemoryMiB, device.Facts.ComputeMode));
            }
        }

        return new MpsPlan(
            [.. folders.Select(entry => new MpsBlock(
                entry.Rule, gpus[entry.Rule].ToImmutable(), entry.PipeDirectory, entry.LogDirectory,
                PercentageOf(sharing.Rules[entry.Rule])))],
            [.. report.Devices.Where(device => device.Index >= 0).Select(device => device.Uuid)])
        {
            Refused = refused.ToImmutable(),
        };
    }

    private int PercentageOf(SharingRule rule) => threadPercentage ?? Math.Max(1, 100 / rule.Replicas);

    /// <summary>
    /// Nomad would place a task on each replica, and the one too many would fail in its first CUDA call. Offering fewer
    /// would contradict the limits and the attribute that the configuration gave.
    /// </summary>
    private static string? FindRefusal(GpuDevice device, DeviceShare share)
    {
        if (device.Facts.ComputeCapability is not { } capability)
        {
            return null;
        }

        var limit = (capability.Major, capability.Minor).CompareTo((Turing.Major, Turing.Minor)) >= 0 ? 48 : 16;
        return share.Replicas > limit
            ? $"sharing[{share.Rule}]: {share.Replicas} replicas, and MPS takes {limit} clients on a GPU of compute " +
                $"capability {capability}; lower replicas"
            : null;
    }
}
