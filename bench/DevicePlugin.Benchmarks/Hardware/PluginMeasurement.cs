using System.Diagnostics;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>Runs a device plugin on the mock's node, as Nomad would, and counts what it asks of NVML.</summary>
internal static class PluginMeasurement
{
    public static async Task<PluginFigures> RunAsync(
        Contender contender, string host, TimeSpan time, CancellationToken cancellationToken)
    {
        var config = await ConfigEncoder.EncodeAsync(host, contender, cancellationToken);
        var calls = contender.Environment[MockEnvironment.Calls];
        await using var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await plugin.ConfigureAsync(config, cancellationToken);
        await plugin.OpenStreamsAsync(cancellationToken);
        var serving = plugin.SinceLaunch;

        // The first sample has come and the next is a second away: nothing is asked meanwhile.
        var startCalls = await CallCounts.ReadSettledAsync(calls, plugin.Id, cancellationToken);
        var processor = plugin.ReadMemory().Processor;
        await plugin.ReadSamplesAsync(TimeSpan.Zero, cancellationToken);
        var begin = Stopwatch.GetTimestamp();
        var samples = await plugin.ReadSamplesAsync(time, cancellationToken);
        var between = Stopwatch.GetElapsedTime(begin) / samples;
        samples++;
        processor = plugin.ReadMemory().Processor - processor;
        var allCalls = await CallCounts.ReadSettledAsync(calls, plugin.Id, cancellationToken);
        var values = CountValues(plugin.LastSample!);
        await plugin.ShutdownAsync(cancellationToken);
        return new PluginFigures(
            serving, startCalls, between, (allCalls - startCalls) / (double)samples, processor / samples,
            values);
    }

    private static int CountValues(StatsResponse sample) => sample.Groups
        .SelectMany(group => group.InstanceStats.Values).Select(device => CountValues(device.Stats)).FirstOrDefault();

    private static int CountValues(StatObject statistics) =>
        statistics.Attributes.Values.Count(value => value.StringVal is not "N/A")
        + statistics.Nested.Values.Sum(CountValues);
}
