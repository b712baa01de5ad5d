using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

internal sealed class PatternValidator(Scenario scenario, ProblemList problems)
{
    // Each shape with the keys it needs; the others of this list have no meaning for it.
    private static readonly Dictionary<string, ImmutableArray<Key>> NeedsOf = new()
    {
        ["constant"] = [PatternKeys.Low],
        ["sine"] = [PatternKeys.Low, PatternKeys.High, PatternKeys.PeriodSeconds],
        ["triangle"] = [PatternKeys.Low, PatternKeys.High, PatternKeys.PeriodSeconds],
        ["square"] = [PatternKeys.Low, PatternKeys.High, PatternKeys.PeriodSeconds],
        ["steps"] = [PatternKeys.Steps, PatternKeys.PeriodSeconds],
        ["counter"] = [PatternKeys.Low, PatternKeys.Rate],
    };

    private static readonly ImmutableArray<Key> ShapeKeys =
        [PatternKeys.Low, PatternKeys.High, PatternKeys.Steps, PatternKeys.Rate, PatternKeys.PeriodSeconds];

    public void Validate()
    {
        var patterns = scenario.Patterns;
        for (var index = 0; index < patterns.Length; index++)
        {
            var path = $"$.patterns[{index}]";
            GpuSelectors.Validate(scenario, patterns[index].Gpu, $"{path}.gpu", problems);
            ValidateShape(patterns[index].Values, path);
            ValidateRange(patterns[index], path);
            if (patterns.Take(index).Any(other => IsSameValue(other, patterns[index])))
            {
                problems.Add($"{path}.value", $"{patterns[index].Key.Path} has a pattern already");
            }
        }
    }

    private void ValidateShape(KeyedValues values, string path)
    {
        var shape = values[PatternKeys.Shape]!;
        foreach (var key in ShapeKeys)
        {
            var isNeeded = NeedsOf[shape].Contains(key);
            if (isNeeded != values.Has(key))
            {
                problems.Add($"{path}.{key.Name}", isNeeded ? $"is missing; {shape} needs it" : $"is not for {shape}");
            }
        }

        if (values[PatternKeys.Low] > values[PatternKeys.High])
        {
            problems.Add($"{path}.low", "is more than high");
        }

        if (values[PatternKeys.Steps] is { Length: 0 or > 1000 })
        {
            problems.Add($"{path}.steps", "must have 1 to 1000 values");
        }
    }

    private void ValidateRange(ValuePattern pattern, string path)
    {
        var key = (INumberKey)pattern.Key;
        var highest = Math.Min(key.Highest, SmallestTotal(pattern) ?? double.MaxValue);
        Check(PatternKeys.Low.Name, pattern.Values[PatternKeys.Low]);
        Check(PatternKeys.High.Name, pattern.Values[PatternKeys.High]);
        foreach (var step in pattern.Values[PatternKeys.Steps] ?? [])
        {
            Check(PatternKeys.Steps.Name, step);
        }

        void Check(string name, double? value)
        {
            if (value < key.Lowest || value > highest)
            {
                problems.Add($"{path}.{name}", string.Create(
                    CultureInfo.InvariantCulture, $"{value} is not within {key.Lowest}..{highest} of {key.Path}"));
            }
        }
    }

    // Used memory may not pass the total of any GPU that the pattern is for.
    private double? SmallestTotal(ValuePattern pattern)
    {
        var total = pattern.Key == MemoryKeys.UsedMiB ? MemoryKeys.TotalMiB
            : pattern.Key == Bar1Keys.UsedMiB ? Bar1Keys.TotalMiB
            : null;
        return total is null
            ? null
            : scenario.Gpus.Where((gpu, position) => pattern.Gpu.Selects(position, gpu.Uuid())).Min(gpu => gpu[total]);
    }

    private bool IsSameValue(ValuePattern left, ValuePattern right) =>
        left.Key == right.Key && left.Slot == right.Slot
        && scenario.Gpus.Where((gpu, position) =>
            left.Gpu.Selects(position, gpu.Uuid()) && right.Gpu.Selects(position, gpu.Uuid())).Any();
}
