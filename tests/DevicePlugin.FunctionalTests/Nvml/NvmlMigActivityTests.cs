using System.Text.Json.Nodes;
using DevicePlugin.Gpu;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>Readings of MIG instances, with the GPM activity that Hopper and later have.</summary>
[Platform("Linux")]
internal sealed class NvmlMigActivityTests
{
    private const string Instances =
        """
        {"enabled": true, "max_instances": 7, "instances": [
          {"slot": 0, "gpu_instance": 2, "compute_instance": 0, "uuid": "MIG-00000000-0000-0000-0000-0000000000a0",
           "name": "NVIDIA H100 80GB HBM3 MIG 3g.40gb", "memory_total_mib": 40448, "memory_used_mib": 44,
           "memory_reserved_mib": 0, "memory_free_mib": 40404, "sm_count": 60, "gpu_slices": 3, "compute_slices": 3,
           "graphics_percent": 71.5, "sm_percent": 63.25, "dram_percent": 12},
          {"slot": 4, "gpu_instance": 9, "compute_instance": 0, "uuid": "MIG-00000000-0000-0000-0000-0000000000a4",
           "name": "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "memory_total_mib": 9984, "memory_used_mib": 11,
           "memory_reserved_mib": 0, "memory_free_mib": 9973, "sm_count": 16, "gpu_slices": 1, "compute_slices": 1,
           "graphics_percent": 0, "sm_percent": 0, "dram_percent": 0}]}
        """;

    [Test]
    public async Task Instance_OnHopper_HasItsOwnActivityFromTheSecondSampleOn()
    {
        // Real time: NVML itself, and the mock with it, wants 100 ms between two samples.
        await using var node = MockNode.Start(Scenario(), time: TimeProvider.System);
        var devices = (await node.EnumerateAsync()).Devices;
        var busy = devices.Single(device => device.Mig?.Profile == "3g.40gb");
        var idle = devices.Single(device => device.Mig?.Profile == "1g.10gb");

        Assert.That((await node.ReadAsync(idle)).SmActivityPercent, Is.Null);
        Assert.That((await node.ReadAsync(busy)).SmActivityPercent, Is.Null);
        var readings = await ReadActivityAsync(node, busy);

        Assert.That(readings.GraphicsEngineActivityPercent, Is.EqualTo(71.5).Within(0.01));
        Assert.That(readings.SmActivityPercent, Is.EqualTo(63.25).Within(0.01));
        Assert.That(readings.DramActivityPercent, Is.EqualTo(12).Within(0.01));
        Assert.That(readings.MemoryUsedMiB, Is.EqualTo(44));
        Assert.That(readings.ParentPowerUsageWatts, Is.EqualTo(68.57).Within(0.01));
        Assert.That(readings.ParentTemperatureC, Is.EqualTo(29));
        Assert.That((await node.ReadAsync(idle)).SmActivityPercent, Is.Zero);
    }

    [Test]
    public async Task SplitGpu_Refresh_CostsTwoCallsASlot()
    {
        await using var node = MockNode.Start(Scenario());
        await node.EnumerateAsync();
        var before = node.CountCalls();

        await node.EnumerateAsync();

        Assert.That(node.CountCalls() - before, Is.LessThanOrEqualTo(1 + 6 * 8 + 2 * 7));
    }

    [Test]
    public async Task Mode_SwitchedOffWhileRunning_BringsTheWholeGpuBack()
    {
        await using var node = MockNode.Start(Scenario());
        var split = (await node.EnumerateAsync()).Devices;
        Assert.That(split[0].Facts.MigMode, Is.True);
        Assert.That((await node.ReadAsync(split[0])).GpuUtilizationPercent, Is.Null);

        node.Write(MockNode.BuiltIn("dgx-h100"));
        var whole = (await node.EnumerateUntilAsync(report => report.Devices.Length == 8)).Devices;

        Assert.That(whole[0].Facts.MigMode, Is.False);
        Assert.That((await node.ReadAsync(whole[0])).GpuUtilizationPercent, Is.Not.Null);
    }

    [Test]
    public async Task Mig_HandleLeadsToAnotherInstance_ItsValuesAreNotTakenForTheOldOne()
    {
        const int Others = 1234;
        var scenario = MockScenario.WithQuirk(MockNode.BuiltIn("dgx-a100-mig"), "reuses_mig_handles", true);
        await using var node = MockNode.Start(scenario);
        var instance = (await node.EnumerateAsync()).Devices.First(device => device.Mig?.Profile == "3g.20gb");
        Assert.That((await node.ReadAsync(instance)).MemoryUsedMiB, Is.Not.Null.And.Not.EqualTo(Others));

        node.Write(MockScenario.With(scenario, root =>
        {
            var other = root["gpus"]!.AsArray().SelectMany(gpu => gpu!["mig"]?["instances"]?.AsArray() ?? [])
                .Single(one => one!["uuid"]!.GetValue<string>() == instance.Uuid)!;
            other["uuid"] = "MIG-99999999-9999-4999-8999-999999999999";
            other["memory_used_mib"] = Others;
        }));

        var readings = await node.ReadAsync(instance);
        while (readings.MemoryUsedMiB is not null)
        {
            Assert.That(readings.MemoryUsedMiB, Is.Not.EqualTo(Others));
            readings = await node.ReadAsync(instance);
        }

        Assert.That(node.Logs.Named("SampleFailed").Single().Message, Does.Contain("leads to another one"));
        var after = await node.EnumerateAsync();
        Assert.That(after.Devices.Select(device => device.Uuid), Has.None.EqualTo(instance.Uuid));
    }

    private static async Task<GpuReadings> ReadActivityAsync(MockNode node, GpuDevice device)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var readings = await node.ReadAsync(device);
            if (readings.SmActivityPercent is not null)
            {
                return readings;
            }

            Assert.That(limit.IsCancellationRequested, Is.False, "no activity came");
        }
    }

    private static string Scenario() => MockScenario.With(MockNode.BuiltIn("dgx-h100"), root =>
    {
        root["gpus"]![0]!["mig"] = JsonNode.Parse(Instances);
        root["gpus"]![0]!["utilization"] = null;
    });
}
