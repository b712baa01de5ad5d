using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Fake;

/// <summary>Lays patterns over a GPU's values.</summary>
internal static class GpuPatterns
{
    // Used memory with what has to move along: total and free.
    private static readonly ImmutableArray<(Key<double> Used, Key<double> Total, Key<double> Free)> Memories =
    [
        (MemoryKeys.UsedMiB, MemoryKeys.TotalMiB, MemoryKeys.FreeMiB),
        (Bar1Keys.UsedMiB, Bar1Keys.TotalMiB, Bar1Keys.FreeMiB),
        (MigInstanceKeys.MemoryUsedMiB, MigInstanceKeys.MemoryTotalMiB, MigInstanceKeys.MemoryFreeMiB),
    ];

    public static KeyedValues Apply(
        ImmutableArray<ValuePattern> patterns, KeyedValues gpu, int position, TimeSpan sinceLoad)
    {
        foreach (var pattern in patterns.Where(pattern => pattern.Gpu.Selects(position, gpu.Uuid())))
        {
            gpu = pattern.Slot is { } slot
                ? ApplyToInstance(pattern, gpu, slot, sinceLoad)
                : Apply(pattern, gpu, sinceLoad);
        }

        return gpu;
    }

    private static KeyedValues ApplyToInstance(ValuePattern pattern, KeyedValues gpu, int slot, TimeSpan sinceLoad) =>
        gpu[MigKeys.Instances] is { } instances
            ? gpu.With(MigKeys.Instances, instances
                .Select(item => item[MigInstanceKeys.Slot] == slot ? Apply(pattern, item, sinceLoad) : item)
                .ToImmutableArray())
            : gpu;

    private static KeyedValues Apply(ValuePattern pattern, KeyedValues values, TimeSpan sinceLoad)
    {
        if (!values.Has(pattern.Key))
        {
            return values;
        }

        var value = pattern.At(sinceLoad);
        foreach (var (used, total, free) in Memories.Where(memory => memory.Used == pattern.Key))
        {
            value = Math.Min((double)value, values[total] ?? double.MaxValue);
            if (values[free] is { } freeBefore)
            {
                values = values.With(free, Math.Max(0, freeBefore - ((double)value - values[used]!.Value)));
            }
        }

        return values.With(pattern.Key, value);
    }
}
