using System.Diagnostics;
using System.Text.Json.Nodes;
using DevicePlugin.Benchmarks.Hardware;

namespace DevicePlugin.Benchmarks.Sharing;

/// <summary>A plugin that serves made-up GPUs, each offered several times.</summary>
internal static class SharingMeasurement
{
    /// <summary>Devices in one reservation; the smallest node has fewer in a group and is asked for all of them.</summary>
    public const int Reserved = 100;

    private const int Reservations = 500;
    private const int Samples = 20;

    // A sample is shared for nine tenths of the interval, of which the shortest is 100 ms.
    private static readonly TimeSpan SampleSharing = TimeSpan.FromMilliseconds(100);

    public static async Task<SharingFigures> RunAsync(
        FileInfo executable, NodeShape shape, int replicas, string repository, CancellationToken cancellationToken)
    {
        var scenario = Path.Combine(Path.GetTempPath(), $"bench-sharing-{Environment.ProcessId}.json");
        try
        {
            WriteScenario(shape, repository, scenario);
            var configuration = $$"""
                backend = "fake"
                fake {
                  scenario = "{{scenario}}"
                }
                sharing {
                  replicas = {{replicas}}
                }
                """;
            var contender = new Contender(executable, configuration, new Dictionary<string, string>());
            var host = Path.Combine(repository, "artifacts", "go", "host");
            var config = await ConfigEncoder.EncodeAsync(host, contender, cancellationToken);
            await using var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
            await plugin.ConfigureAsync(config, cancellationToken);
            var figures = await MeasureAsync(plugin, cancellationToken);
            await plugin.ShutdownAsync(cancellationToken);
            return figures;
        }
        finally
        {
            File.Delete(scenario);
        }
    }

    private static async Task<SharingFigures> MeasureAsync(PluginProcess plugin, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var inventory = await plugin.OpenFingerprintAsync(cancellationToken);
        var fingerprint = Stopwatch.GetElapsedTime(begin);
        var ids = inventory.DeviceGroup.MaxBy(group => group.Devices.Count)!.Devices.Select(device => device.ID)
            .Take(Reserved).ToList();
        var reserve = await MedianAsync(Reservations, () => plugin.ReserveAsync(ids, cancellationToken));

        var sampleBytes = 0;
        var processor = plugin.ProcessorTime;
        var sample = await MedianAsync(
            Samples, async () => sampleBytes = (await plugin.ReadOneSampleAsync(cancellationToken)).CalculateSize(),
            pause: SampleSharing);
        return new SharingFigures(
            inventory.DeviceGroup.Sum(group => group.Devices.Count), fingerprint, inventory.CalculateSize(), sample,
            sampleBytes, (plugin.ProcessorTime - processor) / Samples, reserve);
    }

    // What a call to the driver takes is the hardware benchmark's business.
    private static void WriteScenario(NodeShape shape, string repository, string path)
    {
        NodeScenario.Write(shape, repository, path);
        var scenario = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        scenario.Remove("calls");
        File.WriteAllText(path, scenario.ToJsonString());
    }

    private static async Task<TimeSpan> MedianAsync(int times, Func<Task> action, TimeSpan pause = default)
    {
        var taken = new List<TimeSpan>(times);
        for (var i = 0; i < times; i++)
        {
            await Task.Delay(pause);
            var begin = Stopwatch.GetTimestamp();
            await action();
            taken.Add(Stopwatch.GetElapsedTime(begin));
        }

        taken.Sort();
        return taken[times / 2];
    }
}
