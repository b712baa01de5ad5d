using DevicePlugin.Gpu;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>What the backend costs, by the mock's own count of calls.</summary>
[Platform("Linux")]
internal sealed class NvmlBudgetTests
{
    [TestCase("t4", 1, 0)]
    [TestCase("a100", 1, 0)]
    [TestCase("dgx-h100", 8, 0)]
    [TestCase("dgx-a100-mig", 8, 21)]
    public async Task Refresh_NothingChanged_CostsThreeCallsAGpuAndTwoASlot(string scenario, int gpus, int slots)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn(scenario));
        await node.EnumerateAsync();

        var before = node.CountCalls();
        for (var refresh = 1; refresh <= 12; refresh++)
        {
            await node.EnumerateAsync();
            var after = node.CountCalls();
            Assert.That(after - before, Is.LessThanOrEqualTo(3 * gpus + 2 * slots), $"refresh {refresh}");
            before = after;
        }
    }

    [TestCase("t4", 30)]
    [TestCase("a100", 30)]
    [TestCase("l40s", 30)]
    [TestCase("dgx-h100", 30)]
    [TestCase("gb200", 30)]
    [TestCase("dgx-a100-mig", 30)]
    public async Task MinuteOfSamples_WithStartAndRefreshes_StaysWithinTenCallsAGpu(string scenario, int values)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn(scenario));
        var report = await node.EnumerateAsync();
        var gpus = report.Devices.Count(device => device.Mig is null);

        // Nomad never sees a GPU that is split up.
        var split = report.Devices.Select(device => device.Mig?.ParentUuid).ToHashSet();
        var served = report.Devices.Where(device => !split.Contains(device.Uuid)).ToList();

        for (var second = 0; second < 60; second++)
        {
            foreach (var device in served)
            {
                await node.ReadAsync(device);
            }

            if (second % 20 == 0)
            {
                await node.EnumerateAsync();
            }

            node.Time.Advance(TimeSpan.FromSeconds(1));
        }

        // A wait for events takes five seconds: twelve in the minute.
        var calls = (node.CountCalls() + 12) / 60.0 / gpus;
        Assert.That(calls, Is.LessThanOrEqualTo(10));
        var readings = await node.ReadAsync(served[0]);
        Assert.That(CountValues(readings), Is.GreaterThanOrEqualTo(values));
    }

    private static int CountValues(GpuReadings readings) => typeof(GpuReadings).GetProperties()
        .Count(property => property.Name != "EqualityContract" && property.GetValue(readings) is not null);
}
