using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Sharing;

/// <summary>Which devices are shared, and how: for each device the first rule that applies to it.</summary>
public sealed class SharingPolicy(IEnumerable<SharingRule> rules)
{
    public static readonly SharingPolicy None = new([]);

    /// <summary>In the order of the configuration.</summary>
    public ImmutableArray<SharingRule> Rules { get; } = [.. rules];

    /// <summary>Index of the device's rule in <see cref="Rules"/>; null when none applies to it.</summary>
    public int? FindRule(GpuDevice device)
    {
        for (var i = 0; i < Rules.Length; i++)
        {
            if (Rules[i].AppliesTo(device))
            {
                return i;
            }
        }

        return null;
    }

    /// <summary>The share of the device's first replica; null when it is offered as it is.</summary>
    public DeviceShare? FindShare(GpuDevice device)
    {
        if (FindRule(device) is not { } index || Rules[index] is not { Replicas: > 1 } rule)
        {
            return null;
        }

        var total = device.Facts.MemoryMiB;
        return new DeviceShare(index, rule.Strategy, rule.Replicas, 0)
        {
            HasOwnGroup = rule.Rename || MayLeaveExclusive(index),
            TimeSlice = rule.Strategy == SharingStrategy.TimeSlicing ? rule.TimeSlice : TimeSlice.Default,
            MemoryMiB = total is { } all && rule.MemoryLimitMiB is { } limit ? Math.Min(limit, all) : total / rule.Replicas,
        };
    }

    /// <summary>
    /// Whether a model can have exclusive devices beside those that the rule shares. It must not be read from the devices: one
    /// that is not there today would rename the group of the others, and running tasks and jobs name that.
    /// </summary>
    private bool MayLeaveExclusive(int index)
    {
        if (Rules[index].DividesModels)
        {
            return true;
        }

        for (var i = 0; i < index; i++)
        {
            if (Rules[i] is { Replicas: 1, DividesModels: true })
            {
                return true;
            }
        }

        return false;
    }
}
