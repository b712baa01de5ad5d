using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>A value that changes over time, by the arithmetic of docs/scenarios.md, as in hwmocks.</summary>
internal sealed record ValuePattern(GpuSelector Gpu, Key Key, int? Slot, KeyedValues Values)
{
    private const double MicrosecondsPerSecond = 1_000_000;

    /// <param name="sinceLoad">Time since the first load of a scenario.</param>
    public object At(TimeSpan sinceLoad)
    {
        var low = Values[PatternKeys.Low] ?? 0;
        var time = (sinceLoad.Ticks / TimeSpan.TicksPerMicrosecond) + Microseconds(PatternKeys.PhaseSeconds);
        if (Values[PatternKeys.Shape] == "constant")
        {
            return Round(low);
        }

        if (Values[PatternKeys.Shape] == "counter")
        {
            return Round(low + (Values[PatternKeys.Rate]!.Value * (time / MicrosecondsPerSecond)));
        }

        var period = Microseconds(PatternKeys.PeriodSeconds);
        var within = time % period;
        var fraction = (double)within / period;
        var span = (Values[PatternKeys.High] ?? low) - low;
        return Round(Values[PatternKeys.Shape] switch
        {
            "sine" => low + (span * (1 - Math.Cos(2 * Math.PI * fraction)) / 2),
            "triangle" => low + (span * (fraction < 0.5 ? 2 * fraction : 2 - (2 * fraction))),
            "square" => 2 * within < period ? low + span : low,
            _ => Step(within, period),
        });
    }

    private double Step(long within, long period)
    {
        var steps = Values[PatternKeys.Steps]!.Value;
        return steps[(int)(within * steps.Length / period)];
    }

    private object Round(double value) => ((INumberKey)Key).FromPattern(value);

    private long Microseconds(Key<double> key) =>
        (long)Math.Floor(((Values[key] ?? 0) * MicrosecondsPerSecond) + 0.5);
}
