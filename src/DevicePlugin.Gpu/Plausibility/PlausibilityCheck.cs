using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Plausibility;

/// <summary>
/// Removes implausible values from what a backend read, whichever backend it is. Each is logged once per device, since a
/// driver that returns one tends to do it again. Safe from any thread.
/// </summary>
internal sealed class PlausibilityCheck<T>(ImmutableArray<ValueRange<T>> ranges, ILogger logger)
{
    private readonly ConcurrentDictionary<(string Uuid, string Name), bool> _logged = new();

    public T Check(string uuid, T values)
    {
        foreach (var range in ranges)
        {
            if (range.Read(values) is { } value && !IsPossible(range, value, values))
            {
                if (_logged.TryAdd((uuid, range.Name), true))
                {
                    logger.ImpossibleValue(uuid, Show(value, range.Unit), range.Name, Describe(range, values));
                }

                values = range.Without(values);
            }
        }

        return values;
    }

    // NaN is neither above nor below anything. All ones of 32 bits may lie inside the range of a count.
    private static bool IsPossible(ValueRange<T> range, double value, T values) =>
        value >= range.Least && value <= range.MostOf(values) && value is not uint.MaxValue;

    private static string Describe(ValueRange<T> range, T values) =>
        range is { WholeName: { } whole } && range.MostOf(values) < range.Most
            ? $"more than the {whole}, {Show(range.MostOf(values), range.Unit)}"
            : $"not between {Show(range.Least, range.Unit)} and {Show(range.Most, range.Unit)}";

    private static string Show(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value} {unit}").TrimEnd();
}
