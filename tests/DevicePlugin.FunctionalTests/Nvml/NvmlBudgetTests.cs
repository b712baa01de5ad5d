using DevicePlugin.Gpu;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>What the backend costs, by the mock's own count of calls.</summary>
[Platform("Linux")]
internal sealed class NvmlBudgetTests
{
    // Signs are what a board can show besides: its fabric, its SRAM errors, its repairs.
    [TestCase("t4", 1, 0, 0)]
    [TestCase("a100", 1, 1, 0)]
    [TestCase("dgx-h100", 8, 3, 0)]
    [TestCase("dgx-a100-mig", 8, 1, 21)]
    public async Task Refresh_NothingChanged_CostsThreeCallsAGpuOneASignAndTwoASlot(
        string scenario, int gpus, int signs, int slots)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn(scenario));
        await node.EnumerateAsync();

        var before = node.CountCalls();
        for (var refresh = 1; refresh <= 12; refresh++)
        {
            await node.EnumerateAsync();
            var after = node.CountCalls();
            Assert.That(after - before, Is.LessThanOrEqualTo(1 + (3 + signs) * gpus + 2 * slots), $"refresh {refresh}");
            before = after;
        }
    }

    // In turns with others, a fault of the fabric was told minutes late.
    [TestCase("nvmlDeviceGetGpuFabricInfoV")]
    [TestCase("nvmlDeviceGetSramEccErrorStatus")]
    [TestCase("nvmlDeviceGetRepairStatus")]
    [TestCase("nvmlDeviceGetFieldValues")]
    public async Task Refresh_WhatShowsAFault_IsAskedOfEveryGpu(string function)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn("dgx-h100"));
        await node.EnumerateAsync();

        for (var refresh = 1; refresh <= 4; refresh++)
        {
            var before = node.CountCallsOf(function);
            await node.EnumerateAsync();
            Assert.That(node.CountCallsOf(function) - before, Is.EqualTo(8), $"refresh {refresh}");
        }
    }

    [TestCase("t4", 10)]
    [TestCase("a100", 10)]
    [TestCase("l40s", 10)]
    [TestCase("dgx-h100", 10)]
    [TestCase("gb200", 10)]

    // Each of the 13 instances takes one call more, which makes sure that its handle is still its own.
    [TestCase("dgx-a100-mig", 10.2)]
    public async Task MinuteOfSamples_WithStartAndRefreshes_StaysWithinTheCallsAGpu(string scenario, double most)
    {
        await using var node = MockNode.Start(MockNode.BuiltIn(scenario));
        var report = await node.EnumerateAsync();
        await SampleMinuteAsync(node, report);

        Assert.That(CallsASample(node.CountCalls(), report), Is.LessThanOrEqualTo(most));
        Assert.That(CountValues(await node.ReadAsync(Served(report)[0])), Is.GreaterThanOrEqualTo(30));
    }

    [Test]
    public async Task MinuteOfSamples_DriverThatHasFewFields_StaysWithinTenCallsAfterTheStart()
    {
        // Before driver 520 each NVLink, and before 535 the power limit, costs a call of its own: the 58 calls of the
        // start do not fit into the first minute as well.
        await using var node = MockNode.Start(MockNode.BuiltIn("old-driver"));
        var report = await node.EnumerateAsync();
        await SampleMinuteAsync(node, report);
        var first = node.CountCalls();
        await SampleMinuteAsync(node, report);

        Assert.That(CallsASample(first, report), Is.LessThanOrEqualTo(11));
        Assert.That(CallsASample(node.CountCalls() - first, report), Is.LessThanOrEqualTo(10));
        Assert.That(CountValues(await node.ReadAsync(Served(report)[0])), Is.GreaterThanOrEqualTo(30));
    }

    /// <summary>Nomad never sees a GPU that is split up.</summary>
    private static List<GpuDevice> Served(NodeReport report)
    {
        var split = report.Devices.Select(device => device.Mig?.ParentUuid).ToHashSet();
        return [.. report.Devices.Where(device => !split.Contains(device.Uuid))];
    }

    private static async Task SampleMinuteAsync(MockNode node, NodeReport report)
    {
        var served = Served(report);
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
    }

    private static double CallsASample(long calls, NodeReport report)
    {
        // A wait for events takes five seconds: twelve in the minute, for each GPU.
        const int EventWaits = 12;
        return ((calls / (double)report.Devices.Count(device => device.Mig is null)) + EventWaits) / 60.0;
    }

    private static int CountValues(GpuReadings readings) => typeof(GpuReadings).GetProperties()
        .Count(property => property.Name != "EqualityContract" && property.GetValue(readings) is not null);
}
