namespace DevicePlugin.Gpu.Plausibility;

/// <summary>The plausible range of a value. In a few of millions of samples, drivers return all ones or garbage.</summary>
/// <param name="Name">For the log and the documentation.</param>
/// <param name="Unit">Of both bounds; empty for a count.</param>
/// <param name="Least">The lowest plausible value.</param>
/// <param name="Most">The highest plausible value.</param>
/// <param name="Read">Null where the device does not have the value.</param>
/// <param name="Without">The same without the value.</param>
internal sealed record ValueRange<T>(
    string Name, string Unit, double Least, double Most, Func<T, double?> Read, Func<T, T> Without)
{
    /// <summary>Whether it only grows while the driver stays loaded.</summary>
    public bool IsCounter { get; init; }

    /// <summary>What the value is a part of, and thus not more than; null where it is no part.</summary>
    public string? WholeName { get; init; }

    /// <summary>Null where the whole is unknown.</summary>
    public Func<T, double?> Whole { get; init; } = _ => null;

    /// <summary>The highest it can be on this device.</summary>
    public double MostOf(T values) => Whole(values) is { } whole ? Math.Min(whole, Most) : Most;
}
