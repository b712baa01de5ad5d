using System.Diagnostics;
using System.Globalization;
using DevicePlugin.Nomad.Protocol;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Health;

/// <summary>How soon the host hears that a GPU is sick, what the other GPUs notice of it, and what watching costs.</summary>
internal static class HealthBenchmark
{
    private const int Xids = 50;
    private const int Xid = 79;

    public static async Task<int> RunAsync(
        Contender plugin, string repository, TimeSpan time, CancellationToken cancellationToken)
    {
        var latencies = new List<double>();
        while (latencies.Count < Xids)
        {
            using var node = new SickNode(repository);
            await using var process = await LaunchAsync(plugin, node, repository, cancellationToken);
            for (var gpu = 0; gpu < SickNode.Gpus && latencies.Count < Xids; gpu++)
            {
                latencies.Add(await MeasureXidAsync(process, node, gpu, cancellationToken));
            }

            await process.ShutdownAsync(cancellationToken);
        }

        latencies.Sort();
        var hang = await MeasureHangAsync(plugin, repository, cancellationToken);
        var idle = await MeasureIdleAsync(plugin, repository, time, cancellationToken);
        var table = new Table().Border(TableBorder.Ascii).AddColumn("health, 8 H100")
            .AddColumn(new TableColumn("figure").RightAligned()).AddColumn("to reach");
        void Add(string name, double value, string unit, double? target) => table.AddRow(
            name, string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}"),
            target is null
                ? ""
                : string.Create(
                    CultureInfo.InvariantCulture, $"{target:0} {unit}: {(value <= target ? "reached" : "missed")}"));
        Add($"XID to the unhealthy message, median of {Xids}", latencies[Xids / 2], "ms", 20);
        Add($"XID to the unhealthy message, longest of {Xids}", latencies[^1], "ms", 250);
        Add("one GPU hangs: longest pause between samples of the others (1 s asked for)", hang, "ms", null);
        Add($"processor, statistics each second for {time.TotalSeconds:0} s", idle, "% of a core", 1);
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(table);
        return 0;
    }

    private static async Task<PluginProcess> LaunchAsync(
        Contender plugin, SickNode node, string repository, CancellationToken cancellationToken)
    {
        var host = Path.Combine(repository, "artifacts", "go", "host");
        var contender = plugin with { Configuration = node.Configuration, Environment = node.Environment };
        var config = await ConfigEncoder.EncodeAsync(host, contender, cancellationToken);
        var process = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await process.ConfigureAsync(config, cancellationToken);
        await process.OpenStreamsAsync(cancellationToken);
        return process;
    }

    private static async Task<double> MeasureXidAsync(
        PluginProcess process, SickNode node, int gpu, CancellationToken cancellationToken)
    {
        var id = node.UuidOf(gpu);
        var begin = Stopwatch.GetTimestamp();
        node.RaiseXid(gpu, Xid);
        while (IsHealthy(await process.ReadInventoryAsync(cancellationToken), id))
        {
        }

        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    /// <summary>Over a dozen samples, of which the first ones meet the hang.</summary>
    private static async Task<double> MeasureHangAsync(
        Contender plugin, string repository, CancellationToken cancellationToken)
    {
        using var node = new SickNode(repository);
        await using var process = await LaunchAsync(plugin, node, repository, cancellationToken);
        await process.ReadSamplesAsync(TimeSpan.Zero, cancellationToken);
        node.Hang(3, "nvmlDeviceGetTemperature*");
        var longest = TimeSpan.Zero;
        for (var sample = 0; sample < 12; sample++)
        {
            var begin = Stopwatch.GetTimestamp();
            await process.ReadSamplesAsync(TimeSpan.Zero, cancellationToken);
            var pause = Stopwatch.GetElapsedTime(begin);
            longest = pause > longest ? pause : longest;
        }

        await process.ShutdownAsync(cancellationToken);
        return longest.TotalMilliseconds;
    }

    private static async Task<double> MeasureIdleAsync(
        Contender plugin, string repository, TimeSpan time, CancellationToken cancellationToken)
    {
        using var node = new SickNode(repository);
        await using var process = await LaunchAsync(plugin, node, repository, cancellationToken);
        await process.ReadSamplesAsync(TimeSpan.Zero, cancellationToken);
        var before = process.ReadMemory().Processor;
        var begin = Stopwatch.GetTimestamp();
        await process.ReadSamplesAsync(time, cancellationToken);
        var used = process.ReadMemory().Processor - before;
        var part = used / Stopwatch.GetElapsedTime(begin);
        await process.ShutdownAsync(cancellationToken);
        return part * 100;
    }

    private static bool IsHealthy(FingerprintResponse inventory, string id) => inventory.DeviceGroup
        .SelectMany(group => group.Devices).Single(device => device.ID == id).Healthy;
}
