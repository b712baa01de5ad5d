using DevicePlugin.Gpu;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Fake;

internal sealed class CallFaultTests
{
    private const string Power = "'power': {'usage_watts': 5}";

    [Test]
    public async Task ReturnCode_AfterCallsAndTimes_AffectsThoseCallsOnly()
    {
        await using var node = NodeWith(
            "'function': 'nvmlDeviceGetPowerUsage', 'return': 'UNKNOWN', 'after_calls': 1, 'times': 2");

        var values = new List<double?>();
        for (var count = 0; count < 5; count++)
        {
            values.Add((await node.ReadAsync()).PowerUsageWatts);
        }

        Assert.That(values, Is.EqualTo((double?[])[5, null, null, 5, 5]));
    }

    [Test]
    public async Task ReturnCode_WithinItsTime_AffectsTheGpuItNames()
    {
        await using var node = NodeWith(
            "'function': 'nvmlDeviceGet*', 'gpu': 1, 'return': 'GPU_IS_LOST', 'at': 10, 'until': 20");

        var before = await node.EnumerateAsync();
        node.Time.Advance(TimeSpan.FromSeconds(10));
        var during = await node.EnumerateAsync();
        node.Time.Advance(TimeSpan.FromSeconds(10));
        var after = await node.EnumerateAsync();

        Assert.Multiple(() =>
        {
            Assert.That(before.Devices[1].Fault, Is.Null);
            Assert.That(during.Devices[1].Fault, Is.EqualTo(
                new DeviceFault(DeviceFaultKind.Lost, "nvmlDeviceGetHandleByIndex answered GPU_IS_LOST.")));
            Assert.That(during.Devices[0].Fault, Is.Null);
            Assert.That(after.Devices[1].Fault, Is.Null);
        });
    }

    [TestCase("nvmlDeviceRegisterEvents")]
    [TestCase("nvmlDeviceGetSupportedEventTypes")]
    public async Task Events_Refused_ThatGpuIsUnmonitoredAndHasNoFault(string function)
    {
        await using var node = NodeWith($"'function': '{function}', 'gpu': 1, 'return': 'NOT_SUPPORTED', 'until': 10");

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices[1].Unmonitored, Is.EqualTo($"{function} answered NOT_SUPPORTED"));
        Assert.That(report.Devices[1].Faults, Is.Empty);
        Assert.That(report.Devices[0].Unmonitored, Is.Null);
        node.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That((await node.EnumerateAsync()).Devices[1].Unmonitored, Is.Null);
    }

    [Test]
    public async Task NameWithoutVersion_MeansEveryVersion()
    {
        await using var node = NodeWith("'function': 'nvmlInit', 'return': 18");

        var report = await node.EnumerateAsync();

        Assert.That(report.Driver, Is.EqualTo(
            new DriverStatus(DriverState.VersionMismatch, "nvmlInit answered LIB_RM_VERSION_MISMATCH.")));
    }

    [Test]
    public async Task Field_IsOneEntryOfGetFieldValues()
    {
        await using var node = new FakeNode(ScenarioText.Source(ScenarioText.Of(
            "'recovery_action': 'gpu_reset', 'thermal': {'memory_c': 40}",
            """
            "calls": [{"id": "f", "function": "nvmlDeviceGetFieldValues", "field": 230, "return": "NOT_SUPPORTED"}]
            """)));

        Assert.That((await node.EnumerateAsync()).Devices[0].Fault, Is.Null);
        Assert.That((await node.ReadAsync()).MemoryTemperatureC, Is.EqualTo(40));
    }

    [Test]
    public async Task Delay_IsWaitedOut()
    {
        await using var node = NodeWith("'function': 'nvmlDeviceGetPowerUsage', 'delay_ms': 250");
        var device = (await node.EnumerateAsync()).Devices[0];

        var reading = node.Backend.ReadAsync(device, CancellationToken.None);
        node.Time.Advance(TimeSpan.FromMilliseconds(249));
        var isEarly = reading.IsCompleted;
        node.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That((await reading.DefaultTimeout()).PowerUsageWatts, Is.EqualTo(5));
        Assert.That(isEarly, Is.False);
    }

    private static FakeNode NodeWith(string members) => new(ScenarioText.Source(
        ScenarioText.Of(Power, $"'calls': [{{'id': 'fault', {members}}}]")));
}
