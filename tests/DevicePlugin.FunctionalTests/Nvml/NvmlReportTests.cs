using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>The two fakes of one scenario agree: what comes through NVML's ABI is what the scenario says.</summary>
[Platform("Linux")]
internal sealed class NvmlReportTests
{
    // Read by other ways than NVML: CUDA's child process, sysfs and the machine's own meminfo. CUDA cores of a MIG
    // instance's parent are nobody's.
    private static readonly string[] OtherSources =
        ["SmCount", "L2CacheKiB", "CopyEngines", "NumaNode", "CudaCores", "EqualityContract"];

    private static readonly string[] SystemMemory =
        ["MemoryMiB", "MemoryUsedMiB", "MemoryTotalMiB", "MemoryFreeMiB"];

    [TestCase("dgx-h100")]
    [TestCase("a100")]
    [TestCase("dgx-a100-mig")]
    [TestCase("l40s")]
    [TestCase("t4")]
    [TestCase("gb200")]
    [TestCase("gb10")]
    [TestCase("no-gpu")]
    [TestCase("no-driver")]
    public async Task BuiltInScenario_ThroughNvml_IsWhatTheManagedFakeReports(string name)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn(name));
        await using var fake = Fake(node);

        var report = await node.EnumerateAsync();
        var expected = await fake.EnumerateAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(report.Driver with { Reason = "" }, Is.EqualTo(expected.Driver with { Reason = "" }));
        Assert.That(Identities(report.Devices), Is.EqualTo(Identities(expected.Devices)));
        var differences = new List<string>();
        for (var i = 0; i < report.Devices.Length; i++)
        {
            var device = report.Devices[i];
            differences.AddRange(Differences(device, expected.Devices[i].Facts, device.Facts));
            differences.AddRange(Differences(
                device,
                await fake.ReadAsync(expected.Devices[i], CancellationToken.None).DefaultTimeout(),
                await node.ReadAsync(device)));
        }

        Assert.That(differences, Is.Empty);
    }

    // By the fields of each link, and by the totals of drivers that have no such fields.
    [TestCase("580.105.08")]
    [TestCase("515.105.01")]
    public async Task NvLinkErrors_OfAFewLinks_AreReportedAsTheirSum(string driver)
    {
        await using var node = MockNode.Start(MockScenario.With(MockNode.BuiltIn("dgx-h100"), root =>
        {
            root["driver"]!["version"] = driver;
            root["gpus"]![2]!["nvlink"] = new JsonObject
            {
                ["links"] = 18, ["version"] = 4.0, ["error_links"] = new JsonArray(5, 8, 11),
                ["crc_errors"] = 11, ["replay_errors"] = 2, ["recovery_errors"] = 1,
            };
        }));

        var readings = await node.ReadAsync((await node.EnumerateAsync()).Devices[2]);

        Assert.That(readings.NvLinkCrcErrors, Is.EqualTo(11));
        Assert.That(readings.NvLinkReplayErrors, Is.EqualTo(2));
        Assert.That(readings.NvLinkRecoveryErrors, Is.EqualTo(1));
    }

    // As some drivers answer for boards without NVLink, and for those whose links are not used.
    [TestCase(null, false)]
    [TestCase(3.0, true)]
    public async Task NvLinks_AllDown_AreThereWhenTheDriverKnowsMoreOfThem(double? version, bool areThere)
    {
        await using var node = MockNode.Start(MockScenario.With(MockNode.BuiltIn("t4"), root =>
        {
            var links = new JsonObject { ["links"] = 12, ["down"] = new JsonArray([.. Enumerable.Range(0, 12).Select(n => (JsonNode)n)]) };
            links["version"] = version;
            root["gpus"]![0]!["nvlink"] = links;
        }));
        await using var fake = Fake(node);

        var device = (await node.EnumerateAsync()).Devices.Single();
        var expected = (await fake.EnumerateAsync(CancellationToken.None).DefaultTimeout()).Devices.Single();

        Assert.That(device.Facts.NvLinkCount, Is.EqualTo(areThere ? 12 : null));
        Assert.That((await node.ReadAsync(device)).NvLinksUp, Is.EqualTo(areThere ? 0 : null));
        Assert.That(device.Faults, Is.Empty);
        Assert.That(expected.Facts.NvLinkCount, Is.EqualTo(device.Facts.NvLinkCount));
        Assert.That(
            (await fake.ReadAsync(expected, CancellationToken.None).DefaultTimeout()).NvLinksUp, Is.EqualTo(areThere ? 0 : null));
    }

    [Test]
    public async Task SickNode_ThroughNvml_HasTheFaultsThatTheManagedFakeReports()
    {
        await using var node = MockNode.Start(MockNode.BuiltIn("sick"));
        await using var fake = Fake(node);

        // One of them hangs.
        var told = await node.EnumerateWhileTimePassesUntilAsync(current => !current.IsPartial);
        var report = told.Devices.ToDictionary(device => device.Uuid, device => device.Fault?.Kind);
        var expected = (await fake.EnumerateAsync(CancellationToken.None).DefaultTimeout()).Devices
            .ToDictionary(device => device.Uuid, device => device.Fault?.Kind);

        // A GPU that never gave its UUID cannot be named, and one that never gave its name is in no group.
        var leftOut = expected.Keys.Except(report.Keys).ToList();
        Assert.That(told.Unidentified, Has.Length.EqualTo(leftOut.Count));
        Assert.That(
            told.Unidentified.Count(gpu => gpu.Uuid is null), Is.EqualTo(node.Logs.Named("GpuLeftOut").Count()));
        Assert.That(
            leftOut.Select(uuid => expected[uuid]),
            Is.SubsetOf(new DeviceFaultKind?[]
            {
                DeviceFaultKind.Lost, DeviceFaultKind.ResetRequired, DeviceFaultKind.InsufficientPower,
                DeviceFaultKind.CallFailed,
            }));
        Assert.That(report, Is.EqualTo(expected.Where(entry => report.ContainsKey(entry.Key)).ToDictionary()));
    }

    [TestCase("r470")]
    [TestCase("r535")]
    public async Task OlderLibrary_MissingSymbols_AreMissingValuesOnly(string build)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn("a100"), build);

        var report = await node.EnumerateAsync();
        var device = report.Devices.Single();
        var readings = await node.ReadAsync(device);

        Assert.That(report.Driver.IsLoaded, Is.True);
        Assert.That(device.Fault, Is.Null);
        Assert.That(device.Facts.MemoryMiB, Is.EqualTo(40960));
        Assert.That(device.PciBusId, Does.Match("^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.0$"));
        Assert.That(readings.TemperatureC, Is.EqualTo(33));
        Assert.That(readings.MemoryUsedMiB, Is.Not.Null);
        Assert.That(readings.ClocksHeldDownBy, Is.EqualTo(ClockEventReasons.Idle));
    }

    private static FakeBackend Fake(MockNode node) => new(
        ScenarioLibrary.Find(node.ScenarioPath), new FakeTimeProvider(), node.Logs.CreateLogger<FakeBackend>());

    private static IEnumerable<GpuDevice> Identities(ImmutableArray<GpuDevice> devices) => devices.Select(
        device => device with
        {
            Facts = GpuFacts.None,
            Fault = device.Fault is { } fault ? fault with { Evidence = "" } : null,

            // A memory for the next process, which fake GPUs have no use for.
            NvLinksSeenUp = 0,
        });

    private static IEnumerable<string> Differences<T>(GpuDevice device, T expected, T actual)
        where T : notnull
    {
        var ignored = device.Facts.MemoryIsUnified ? OtherSources.Concat(SystemMemory) : OtherSources;
        return
            from property in typeof(T).GetProperties()
            where !ignored.Contains(property.Name)
            let one = property.GetValue(expected)
            let other = property.GetValue(actual)
            where !Same(one, other)
            select $"{device.Uuid} {property.Name}: {one ?? "null"} in the scenario, {other ?? "null"} by NVML";
    }

    // NVML's milliwatts and millijoules.
    private static bool Same(object? one, object? other) => one is double first && other is double second
        ? Math.Abs(first - second) < 0.002
        : Equals(one, other);
}
