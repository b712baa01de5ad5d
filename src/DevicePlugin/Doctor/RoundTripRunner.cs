using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.Hosting;
using DevicePlugin.Nomad.Statistics;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Doctor;

/// <summary>Starts this program as a plugin and drives each call, with nothing left behind on the node.</summary>
internal static class RoundTripRunner
{
    public static async Task<RoundTrip> RunAsync(
        JsonObject block, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("nomad-device-gpu-doctor-");
        try
        {
            var (fileName, arguments) = PluginCommand.OfThisProgram();
            using var config = JsonDocument.Parse(WithoutEffects(block, folder.FullName).ToJsonString());
            var recorder = new RoundTripRecorder();
            var started = (Monotonic: time.GetTimestamp(), Wall: time.GetUtcNow());
            await new HostSession(
                new HostOptions(fileName, arguments, config.RootElement, AutoMtls: false, Samples: 1), recorder, logger,
                time).RunAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            return new RoundTrip(
                recorder.Steps, recorder.Error, time.GetElapsedTime(started.Monotonic), time.GetUtcNow() - started.Wall)
            {
                SampleAge = AgeOf(recorder.Sample),
                Silent = SilentOf(recorder.Sample),
            };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>
    /// The block without what would touch the node beside a plugin that is at work on it: its state, its spec file, its
    /// device nodes, its hook, its address, its MPS daemons and time slices. The configuration's own check judges those keys.
    /// </summary>
    internal static JsonObject WithoutEffects(JsonObject block, string folder)
    {
        var harmless = block.DeepClone().AsObject();
        harmless["state_dir"] = folder;
        harmless["run_dir"] = folder;
        harmless.Remove("sharing");
        harmless.Remove("mps");
        harmless.Remove("metrics");
        Find(harmless, "health")?.Remove("on_change");
        if (Find(harmless, "reserve") is { } reserve)
        {
            reserve["cdi_spec_dir"] = folder;
            reserve.Remove("create_device_nodes");
        }

        return harmless;
    }

    private static JsonObject? Find(JsonObject owner, string block) =>
        (owner[block] is JsonArray { Count: > 0 } blocks ? blocks[0] : owner[block]) as JsonObject;

    private static TimeSpan? AgeOf(StatsResult? sample)
    {
        TimeSpan? oldest = null;
        foreach (var statistics in sample?.Statistics.Groups.SelectMany(group => group.InstanceStats.Values) ?? [])
        {
            if (statistics.Timestamp is { } timestamp)
            {
                var age = sample!.Received - timestamp.ToDateTimeOffset();
                oldest = oldest > age ? oldest : age;
            }
        }

        return oldest;
    }

    // The summary of a healthy device is its memory, and it has more statistic groups than Health.
    private static string[] SilentOf(StatsResult? sample) =>
    [
        .. (sample?.Statistics.Groups ?? []).SelectMany(group => group.InstanceStats)
            .Where(device => device.Value.Summary.StringVal == StatisticsMapper.NotAvailable
                && device.Value.Stats.Nested.Count <= 1)
            .Select(device => device.Key).Order(StringComparer.Ordinal),
    ];
}
