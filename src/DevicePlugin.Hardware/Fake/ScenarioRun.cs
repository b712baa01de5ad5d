using System.Collections.Immutable;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// A scenario in the course of time, over reloads: which entry was brought when, and what has taken place. Times are
/// those since the start of the run; docs/scenarios.md has the rules, which hwmocks follows too.
/// </summary>
internal sealed class ScenarioRun
{
    // Ids stay known when a file no longer has them: an entry that comes back is not new.
    private readonly Dictionary<string, TimeSpan> _origins = [];
    private readonly HashSet<string> _past = [];

    private Scenario? _scenario;
    private TimeSpan _firstLoad;

    public CallFaults Calls { get; } = new();

    public void Load(Scenario scenario, TimeSpan now)
    {
        _firstLoad = _scenario is null ? now : _firstLoad;
        _scenario = scenario;
        foreach (var entry in scenario.Timeline)
        {
            _origins.TryAdd(entry.Id, now);
        }

        Calls.Load(scenario, now);
    }

    public NodeState At(TimeSpan now)
    {
        var scenario = Loaded();
        var (driver, system, gpus) = (scenario.Driver, scenario.System, scenario.Gpus);
        var loads = 0;
        foreach (var entry in scenario.Timeline.Where(entry => TimeOf(entry) <= now).OrderBy(TimeOf))
        {
            var wasLoaded = DriverStates.Of(driver).IsLoaded;
            driver = entry.Driver is { } driverChange ? driver.Under(driverChange).WithoutNulls() : driver;
            loads += !wasLoaded && DriverStates.Of(driver).IsLoaded ? 1 : 0;
            system = entry.System is { } systemChange ? system.Under(systemChange).WithoutNulls() : system;
            gpus = entry.Set is { } change
                ? [.. gpus.Select((gpu, position) => Selects(entry, position, gpu) ? Changed(gpu, change) : gpu)]
                : gpus;
        }

        var present = gpus.Select((gpu, position) => (gpu, position)).Where(pair => pair.gpu.IsPresent());
        return new NodeState(driver, system,
        [
            .. present.Select((pair, index) => new NodeGpu(
                pair.position, index, GpuPatterns.Apply(scenario.Patterns, pair.gpu, pair.position, now - _firstLoad))),
        ])
        {
            DriverLoads = loads,
        };
    }

    /// <summary>Entries whose time has come since the last call, in the order of their times.</summary>
    public ImmutableArray<(TimelineEntry Entry, TimeSpan Time)> TakeDue(TimeSpan now)
    {
        var due = Loaded().Timeline
            .Where(entry => TimeOf(entry) <= now && !_past.Contains(entry.Id))
            .Select(entry => (Entry: entry, Time: TimeOf(entry)))
            .OrderBy(pair => pair.Time)
            .ToImmutableArray();
        _past.UnionWith(due.Select(pair => pair.Entry.Id));
        return due;
    }

    /// <summary>When the next entry is due; null when nothing is left.</summary>
    public TimeSpan? NextDue() =>
        _scenario?.Timeline.Where(entry => !_past.Contains(entry.Id)).Select(entry => (TimeSpan?)TimeOf(entry)).Min();

    private static bool Selects(TimelineEntry entry, int position, KeyedValues gpu) =>
        entry.Gpu!.Selects(position, gpu.Uuid());

    private static KeyedValues Changed(KeyedValues gpu, KeyedValues change) => ResolvedGpu.Of(gpu.Under(change));

    private TimeSpan TimeOf(TimelineEntry entry) => _origins[entry.Id] + entry.At;

    private Scenario Loaded() => _scenario ?? throw new InvalidOperationException("No scenario was loaded.");
}
