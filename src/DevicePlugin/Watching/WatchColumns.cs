using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Nomad.Statistics;
using Spectre.Console;

namespace DevicePlugin.Watching;

/// <summary>Every column of the view, from left to right.</summary>
internal sealed class WatchColumns
{
    private const string NotAvailable = "N/A";
    private const double MiBPerGiB = 1024;

    private const ClockEventReasons Grave = ClockEventReasons.HardwareSlowdown | ClockEventReasons.HardwareThermal
        | ClockEventReasons.SoftwareThermal | ClockEventReasons.PowerBrake;

    private static readonly Style Dim = new(decoration: Decoration.Dim);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Notable = new(Color.Yellow);
    private static readonly Style Bad = new(Color.Red);

    private readonly WatchColumn _name;
    private readonly WatchColumn _id = new()
    {
        Header = "Id",
        Text = row => row.ShortId,
        Style = _ => Dim,
    };

    private readonly WatchColumn _utilization = new()
    {
        Header = "Util",
        Text = row => row.Kind == WatchRowKind.PartitionedGpu ? "" : Number(row.Utilization, "%"),
        Widest = _ => "100%",
        IsRightAligned = true,
        GapAfter = 1,
    };

    private readonly WatchColumn _utilizationBar = new()
    {
        Header = "",
        Text = _ => "",
        Draw = (row, canvas) => row.Utilization is { } percent ? canvas.Glyphs.Bar(percent / 100, canvas.Width) : "",
        Style = _ => Good,
        Least = 5,
        Most = 12,
        GapAfter = 1,
    };

    private readonly WatchColumn _history = new()
    {
        Header = "Last 60 s",
        Text = _ => "",
        Draw = (row, canvas) => Sparkline.Draw(row.History, canvas),
        Style = _ => Good,
        Least = 9,
        Most = 60,
    };

    private readonly WatchColumn _memory = new()
    {
        Header = "Memory GiB",
        Text = row => row.Kind == WatchRowKind.PartitionedGpu ? "" : Memory(row.Readings, row.Readings.MemoryUsedMiB),
        Widest = row => row.Kind == WatchRowKind.PartitionedGpu ? "" : Memory(row.Readings, row.Readings.MemoryTotalMiB),
        IsRightAligned = true,
        GapAfter = 1,
    };

    private readonly WatchColumn _memoryBar = new()
    {
        Header = "",
        Text = _ => "",
        Draw = (row, canvas) => MemoryPart(row.Readings) is { } part ? canvas.Glyphs.Bar(part, canvas.Width) : "",
        Style = row => MemoryPart(row.Readings) > 0.95 ? Notable : Good,
        Least = 5,
        Most = 12,
    };

    private readonly WatchColumn _temperature = new()
    {
        Header = "Temp",
        Text = row => row.Kind == WatchRowKind.MigInstance ? "" : Number(row.Readings.TemperatureC, "C"),
        Widest = _ => "100C",
        IsRightAligned = true,
        Style = row => row.Readings.ThermalMarginC <= 0 ? Bad : row.Readings.ThermalMarginC <= 5 ? Notable : Style.Plain,
    };

    private readonly WatchColumn _power = new()
    {
        Header = "Power",
        Text = row => row.Kind == WatchRowKind.MigInstance ? "" : Power(row.Readings, row.Readings.PowerUsageWatts),
        Widest = row => row.Kind == WatchRowKind.MigInstance ? "" : Power(row.Readings, row.Readings.PowerLimitWatts),
        IsRightAligned = true,
    };

    private readonly WatchColumn _clock = new()
    {
        Header = "Clock",
        Text = row => row.Kind == WatchRowKind.Gpu ? Number(row.Readings.SmClockMHz, "MHz") : "",
        Widest = _ => "1000MHz",
        IsRightAligned = true,
    };

    private readonly WatchColumn _heldDownBy = new()
    {
        Header = "Held down",
        Text = row => row.Kind == WatchRowKind.Gpu
            ? ClockEventWords.Of(row.Readings.ClocksHeldDownBy) ?? NotAvailable
            : "",
        Style = row => (row.Readings.ClocksHeldDownBy & Grave) > 0 ? Bad
            : row.Readings.ClocksHeldDownBy is ClockEventReasons.None or ClockEventReasons.Idle ? Dim
            : Notable,
        Least = 10,
        Comfortable = 20,
    };

    private readonly WatchColumn _health = new()
    {
        Header = "Health",
        Text = row => row.Kind == WatchRowKind.PartitionedGpu ? "" : HealthStateWord.Of(row.Health.State),
        Widest = row => row.Health.State == HealthState.Unmonitored ? "unmonitored" : "unhealthy",
        Style = row => HealthStyle(row.Health.State),
    };

    public WatchColumns(WatchGlyphs glyphs)
    {
        _name = new WatchColumn
        {
            Header = "GPU",
            Text = row => row.Kind == WatchRowKind.MigInstance ? $"  {glyphs.Branch}{row.Name}" : row.Name,
            Style = row => row.Health.IsUsable ? Style.Plain : Bad,
            Least = 8,
            Comfortable = 18,
        };
        All =
        [
            _name, _id, _utilization, _utilizationBar, _history, _memory, _memoryBar, _temperature, _power, _clock,
            _heldDownBy, _health,
        ];
        ByImportance =
        [
            _name, _utilization, _health, _memory, _temperature, _power, _name, _history, _memoryBar, _id, _clock,
            _heldDownBy, _heldDownBy, _utilizationBar,
        ];
        ByHunger = [_name, _heldDownBy, _history, _memoryBar, _utilizationBar];
    }

    /// <summary>From left to right.</summary>
    public ImmutableArray<WatchColumn> All { get; }

    /// <summary>
    /// The last ones go first when the terminal is narrow. One that comes twice gets its least first and is made
    /// comfortable the second time.
    /// </summary>
    public ImmutableArray<WatchColumn> ByImportance { get; }

    /// <summary>Those that can use more room than their least, the first one first.</summary>
    public ImmutableArray<WatchColumn> ByHunger { get; }

    private static Style HealthStyle(HealthState state) => state switch
    {
        HealthState.Healthy => Good,
        HealthState.Unhealthy => Bad,
        _ => Notable,
    };

    private static double? MemoryPart(GpuReadings readings) =>
        readings is { MemoryUsedMiB: { } used, MemoryTotalMiB: > 0 and { } total } ? (double)used / total : null;

    private static string Memory(GpuReadings readings, long? used) =>
        readings is { MemoryUsedMiB: not null, MemoryTotalMiB: { } total }
            ? string.Create(CultureInfo.InvariantCulture, $"{used / MiBPerGiB:0.0}/{total / MiBPerGiB:0.0}")
            : NotAvailable;

    private static string Power(GpuReadings readings, double? used) => readings switch
    {
        { PowerUsageWatts: null } => NotAvailable,
        { PowerLimitWatts: { } limit } => string.Create(CultureInfo.InvariantCulture, $"{used:0}/{limit:0}W"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{readings.PowerUsageWatts:0}W"),
    };

    private static string Number(double? value, string unit) =>
        value is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number:0}{unit}") : NotAvailable;
}
