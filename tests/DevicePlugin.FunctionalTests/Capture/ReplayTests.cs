using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Capture;

/// <summary>
/// A capture is the node: NVML's mock, the fake backend on the same file, and both on what <c>capture</c> makes of it give
/// the same inventory, health and statistics.
/// </summary>
[Platform("Linux")]
internal sealed class ReplayTests
{
    // CUDA's facts and the NUMA node are not NVML's to tell.
    private static readonly string[] OtherSources = ["SmCount", "L2CacheKiB", "CopyEngines", "NumaNode", "EqualityContract"];

    private static readonly string[] SystemMemory = ["MemoryMiB", "MemoryUsedMiB", "MemoryTotalMiB", "MemoryFreeMiB"];

    private static readonly string Fixtures =
        Path.Combine(Repository.Root, "tests", "DevicePlugin.FunctionalTests", "Capture", "Fixtures");

    private static IEnumerable<string> Scenarios =>
    [
        .. Directory.GetFiles(Path.Combine(Repository.Root, "hwmocks", "scenarios"), "*.json"),
        .. Directory.GetFiles(Fixtures, "*.json"),
    ];

    private static IEnumerable<TestCaseData> Cases => Scenarios.Order(StringComparer.Ordinal)
        .Select(path => new TestCaseData(path).SetArgDisplayNames(Path.GetFileNameWithoutExtension(path)));

    [TestCaseSource(nameof(Cases))]
    public async Task Node_WithEachFault_CapturedAndReplayed_IsTheSameNode(string path)
    {
        var source = WithEachFault(path);
        var build = Path.GetFileNameWithoutExtension(path) == "old-driver" ? "r470" : "";
        string[] node;
        string capture;
        await using (var mock = MockNode.Start(source, build))
        {
            node = await DescribeAsync(mock.Backend);
            capture = await mock.CaptureAsync();
        }

        AssertSame(await ReadFakeAsync(source), node, "the fake backend on the same file");
        AssertSame(await ReadFakeAsync(capture), node, "the fake backend on the capture");
        await using var replay = MockNode.Start(capture, build);
        AssertSame(await DescribeAsync(replay.Backend), node, "hwmocks on the capture");
    }

    [Test]
    public async Task UnusedLinks_OnTheCommandLine_AreNoFault()
    {
        var source = Path.Combine(Fixtures, "unused-links.json");
        var folder = Directory.CreateTempSubdirectory("replay").FullName;
        var capture = Path.Combine(folder, "capture.json");
        string[] library = ["--nvml-library", PluginProcess.MockLibrary()];

        var captured = await PluginProcess.RunAsync(source, ["capture", "-o", capture, .. library]);
        var overMocks = await PluginProcess.RunAsync(source, ["fingerprint", .. library]);
        var inFake = await PluginProcess.RunAsync(null, "fingerprint", "--scenario", source);
        var replayed = await PluginProcess.RunAsync(null, "fingerprint", "--scenario", capture);
        Directory.Delete(folder, recursive: true);

        Assert.That(captured.ExitCode, Is.Zero, captured.Errors);
        foreach (var run in new[] { overMocks, inFake, replayed })
        {
            Assert.That(run.Output, Does.Contain("A100").And.Not.Contain("unhealthy").And.Not.Contain("nvlink_count"));
        }
    }

    private static JsonObject Open(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();

    /// <summary>
    /// One moment of the node, and a further GPU of each of its kinds for each fault. All in one scenario: a process cannot
    /// let go of a mocked NVML.
    /// </summary>
    private static string WithEachFault(string path)
    {
        var root = Open(path);
        root.Remove("timeline");
        root.Remove("calls");
        root.Remove("patterns");
        var gpus = root["gpus"]!.AsArray();
        foreach (var gpu in gpus.Where(gpu => gpu!["state"] is not null || gpu["present"] is not null).ToList())
        {
            gpus.Remove(gpu);
        }

        var kinds = gpus.Select(gpu => gpu!.AsObject()).DistinctBy(gpu => $"{gpu["model"]}").ToList();
        foreach (var (kind, fault) in kinds.SelectMany(kind => SteadyFaults.All.Select(fault => (kind, fault))))
        {
            gpus.Add(WithFault(kind, fault, gpus.Count));
        }

        return root.ToJsonString();
    }

    private static JsonObject WithFault(JsonObject kind, SteadyFault fault, int number)
    {
        var gpu = kind.DeepClone().AsObject();
        gpu["identity"]!["uuid"] = $"GPU-0000{number:x4}-0000-4000-8000-000000000000";
        gpu["identity"]!["minor_number"] = 100 + number;
        if (gpu["pci"] is JsonObject pci)
        {
            pci["bus_id"] = $"00ff:{number:x2}:00.0";
        }

        foreach (var instance in gpu["mig"]?["instances"]?.AsArray() ?? [])
        {
            instance!["uuid"] = $"MIG-0000{number:x4}-0000-4000-8000-{instance["slot"]!.GetValue<int>():x12}";
        }

        fault.Apply(gpu);
        return gpu;
    }

    private static void AssertSame(string[] read, string[] expected, string where) => Assert.That(
        expected.Except(read).Select(line => $"hwmocks: {line}").Concat(
            read.Except(expected).Select(line => $"{where}: {line}")),
        Is.Empty);

    private static async Task<string[]> ReadFakeAsync(string scenario)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, scenario);
            using var logs = new TestLogs();
            await using var fake = new FakeBackend(
                ScenarioLibrary.Find(path), new FakeTimeProvider(), logs.CreateLogger<FakeBackend>());
            return await DescribeAsync(fake);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<string[]> DescribeAsync(IGpuBackend backend)
    {
        var report = await backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        var health = new HealthTracker(time, logs.CreateLogger(nameof(HealthTracker)));
        health.Observe(report, health.Begin());
        var now = report.Devices.Select(health.Assess).ToList();

        // Long enough for what is given time.
        time.Advance(TimeSpan.FromMinutes(6));
        health.Observe(report, health.Begin());
        var lines = new List<string> { $"{report.Driver with { Reason = "" }}" };
        for (var i = 0; i < report.Devices.Length; i++)
        {
            var device = report.Devices[i];
            var ignored = device.Facts.MemoryIsUnified ? OtherSources.Concat(SystemMemory).ToArray() : OtherSources;
            string[] told =
            [
                $"{device.Name} {device.Index} {device.PciBusId} {device.MinorNumber} {device.Mig}",
                $"health: {now[i].Description} | later: {health.Assess(device).Description}",
                $"faults: {string.Join(' ', device.Faults)} {device.RecoveryNeeded} {device.Notice} {device.Unmonitored}",
                .. Values(device.Facts, ignored),
                .. Values(await backend.ReadAsync(device, CancellationToken.None).DefaultTimeout(), ignored),
            ];
            lines.AddRange(told.Select(line => $"{device.Uuid} {line}"));
        }

        return [.. lines];
    }

    private static IEnumerable<string> Values<T>(T record, string[] ignored) => typeof(T).GetProperties()
        .Where(property => !ignored.Contains(property.Name))
        .Select(property => $"{property.Name}: {Text(property.GetValue(record))}");

    // NVML's milliwatts and millijoules.
    private static string Text(object? value) => value is double number
        ? Math.Round(number, 2).ToString(CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null";
}
