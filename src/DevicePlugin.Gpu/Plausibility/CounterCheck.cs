using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Plausibility;

/// <summary>
/// Logs counters that decrease although the driver was not reloaded, once per device and counter. They are reported as they
/// are, and so restart from the new value: a reset of the GPU does that, and the lost part is unknown.
/// </summary>
internal sealed class CounterCheck(ILogger logger)
{
    private static readonly ImmutableArray<ValueRange<GpuReadings>> Counters =
        [.. ReadingRanges.All.Where(range => range.IsCounter)];

    private readonly ConcurrentDictionary<string, Course> _courses = new(StringComparer.Ordinal);

    /// <summary>One device is looked at by one thread at a time.</summary>
    public void Look(string uuid, GpuReadings readings, DriverLoad? load)
    {
        var course = _courses.GetOrAdd(uuid, _ => new Course());
        if (course.Load != load)
        {
            course = _courses[uuid] = new Course { Load = load };
        }

        for (var i = 0; i < Counters.Length; i++)
        {
            if (Counters[i].Read(readings) is not { } now)
            {
                continue;
            }

            if (now < course.Last[i] && !course.Logged[i])
            {
                course.Logged[i] = true;
                logger.CounterFell(Counters[i].Name, uuid, course.Last[i]!.Value, now);
            }

            course.Last[i] = now;
        }
    }

    private sealed class Course
    {
        public DriverLoad? Load { get; init; }

        public double?[] Last { get; } = new double?[Counters.Length];

        public bool[] Logged { get; } = new bool[Counters.Length];
    }
}
