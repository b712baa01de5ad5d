using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios.Reading;
using DevicePlugin.Hardware.Scenarios.Writing;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>
/// A made-up GPU node with the models already applied: docs/scenarios.md. Two scenarios are equal when they describe
/// the same node, whatever their files look like; description and source do not count.
/// </summary>
public sealed class Scenario : IEquatable<Scenario>
{
    internal Scenario(string description, KeyedValues driver, ImmutableArray<KeyedValues> gpus)
    {
        Description = description;
        Driver = driver;
        Gpus = gpus;
    }

    /// <summary>One line for a list of scenarios.</summary>
    public string Description { get; }

    /// <summary>Where the figures come from; null when the file does not say.</summary>
    public string? Source { get; init; }

    /// <summary>GPUs that are ever present.</summary>
    public int GpuCount => Gpus.Length;

    internal KeyedValues Driver { get; }

    internal KeyedValues System { get; init; } = KeyedValues.Empty;

    /// <summary>In NVML's order, NOT_SUPPORTED keys absent.</summary>
    internal ImmutableArray<KeyedValues> Gpus { get; }

    internal ImmutableArray<ValuePattern> Patterns { get; init; } = [];

    internal ImmutableArray<TimelineEntry> Timeline { get; init; } = [];

    internal ImmutableArray<CallFault> Calls { get; init; } = [];

    /// <exception cref="ScenarioException">Something in <paramref name="utf8Json"/> is wrong; it names all.</exception>
    public static Scenario Parse(ReadOnlyMemory<byte> utf8Json) => ScenarioReader.Read(utf8Json);

    /// <summary>The scenario as a file of the same format: keys in the schema's order, models applied.</summary>
    public string ToJson() => ScenarioWriter.Write(this);

    public bool Equals(Scenario? other) =>
        other is not null
        && Driver.Equals(other.Driver)
        && System.Equals(other.System)
        && Gpus.SequenceEqual(other.Gpus)
        && Patterns.SequenceEqual(other.Patterns)
        && Timeline.SequenceEqual(other.Timeline)
        && Calls.SequenceEqual(other.Calls);

    public override bool Equals(object? obj) => Equals(obj as Scenario);

    public override int GetHashCode() => HashCode.Combine(Driver, GpuCount, Timeline.Length, Calls.Length);
}
