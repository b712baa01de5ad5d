using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>What changes on a node while the backend runs.</summary>
[Platform("Linux")]
internal sealed class NvmlChangeTests
{
    [TestCase("not_loaded", DriverState.NotLoaded)]
    [TestCase("no_permission", DriverState.NoPermission)]
    [TestCase("version_mismatch", DriverState.VersionMismatch)]
    [TestCase("failed", DriverState.Failed)]
    public async Task Driver_NotUsable_IsAStateAndItsReturnAnEvent(string word, DriverState state)
    {
        var scenario = MockNode.BuiltIn("t4");
        await using var node = MockNode.Start(MockScenario.WithDriverState(scenario, word));

        var report = await node.EnumerateAsync();
        Assert.That(report.Driver.State, Is.EqualTo(state));
        Assert.That(report.Driver.Reason, Does.Contain("nvmlInit_v2"));
        Assert.That(report.Devices, Is.Empty);

        using var stop = new CancellationTokenSource();
        await using var events = node.Backend.WatchAsync(stop.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.That(
            await events.MoveNextAsync().AsTask().DefaultTimeout(), Is.True, "kept for the first one who watches: the state itself");
        node.Write(scenario);
        var next = events.MoveNextAsync().AsTask();

        // At a pace that leaves the backend's own workers inside their deadlines, which are on the same clock.
        await Eventually.BecomesTrue(() =>
        {
            node.Time.Advance(TimeSpan.FromMilliseconds(100));
            return next.IsCompleted;
        });

        Assert.That(await next.DefaultTimeout(), Is.True);
        Assert.That(events.Current.Kind, Is.EqualTo(GpuEventKind.Inventory));
        report = await node.EnumerateUntilAsync(current => current.Driver.IsLoaded);
        Assert.That(report.Devices, Has.Length.EqualTo(1));
        await stop.CancelAsync();
    }

    [Test]
    public async Task Driver_MismatchStays_AsksForANewProcessAfterHalfAMinute()
    {
        var scenario = MockNode.BuiltIn("t4");
        await using var node = MockNode.Start(scenario);
        await node.EnumerateAsync();

        node.Write(MockScenario.WithDriverState(scenario, "version_mismatch"));
        var report = await node.EnumerateUntilAsync(current => current.Driver.State == DriverState.VersionMismatch);
        Assert.That(report.Devices.Single().Fault?.Kind, Is.EqualTo(DeviceFaultKind.CallFailed));
        Assert.That(node.Backend.MustRestart.IsCompleted, Is.False);

        for (var second = 0; second < 62; second++)
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            await node.EnumerateAsync();
        }

        Assert.That(await node.Backend.MustRestart.DefaultTimeout(), Does.Contain("LIB_RM_VERSION_MISMATCH"));
    }

    [Test]
    public async Task Gpu_RemovedAndAdded_IsSeenAtTheNextRefresh()
    {
        var scenario = MockNode.BuiltIn("dgx-h100");
        await using var node = MockNode.Start(scenario);
        var all = (await node.EnumerateAsync()).Devices;

        node.Write(MockScenario.WithGpu(scenario, 3, "present", false));
        var fewer = (await node.EnumerateUntilAsync(report => report.Devices.Length == 7)).Devices;
        Assert.That(
            fewer.Select(device => device.Uuid), Is.EqualTo(all.RemoveAt(3).Select(device => device.Uuid)));

        node.Write(scenario);
        var again = (await node.EnumerateUntilAsync(report => report.Devices.Length == 8)).Devices;
        Assert.That(again.Select(device => device.Uuid), Is.EqualTo(all.Select(device => device.Uuid)));
    }

    [TestCase("lost", DeviceFaultKind.Lost)]
    [TestCase("reset_required", DeviceFaultKind.ResetRequired)]
    [TestCase("insufficient_power", DeviceFaultKind.InsufficientPower)]
    [TestCase("irq_issue", DeviceFaultKind.CallFailed)]
    [TestCase("no_permission", DeviceFaultKind.CallFailed)]
    [TestCase("operating_system", DeviceFaultKind.CallFailed)]
    [TestCase("timeout", DeviceFaultKind.CallFailed)]
    [TestCase("in_use", DeviceFaultKind.CallFailed)]
    [TestCase("insufficient_resources", DeviceFaultKind.CallFailed)]
    [TestCase("unknown_error", DeviceFaultKind.CallFailed)]
    public async Task Gpu_FallsSick_IsAFaultAndTheOthersAreServed(string state, DeviceFaultKind kind)
    {
        var scenario = MockNode.BuiltIn("dgx-h100");
        await using var node = MockNode.Start(scenario);
        var healthy = (await node.EnumerateAsync()).Devices;

        node.Write(MockScenario.WithGpu(scenario, 2, "state", state));
        var report = await node.EnumerateUntilAsync(current => current.Devices[2].Fault is not null);

        Assert.That(report.Devices[2].Fault!.Kind, Is.EqualTo(kind));
        Assert.That(report.Devices[2].Name, Is.EqualTo(healthy[2].Name));
        Assert.That(report.Devices.RemoveAt(2), Has.All.Property(nameof(GpuDevice.Fault)).Null);
        Assert.That(await node.ReadAsync(report.Devices[2]), Is.EqualTo(GpuReadings.None).Or.Property(
            nameof(GpuReadings.TemperatureC)).Null);
        Assert.That((await node.ReadAsync(report.Devices[1])).TemperatureC, Is.Not.Null);

        node.Write(scenario);
        report = await node.EnumerateUntilAsync(current => current.Devices[2].Fault is null);
        Assert.That(report.Devices, Is.EqualTo(healthy));
    }

    [TestCase("OPERATING_SYSTEM")]
    [TestCase("NO_PERMISSION")]
    [TestCase("TIMEOUT")]
    [TestCase("IN_USE")]
    [TestCase("INSUFFICIENT_RESOURCES")]
    public async Task Gpu_BlockedWithoutMig_IsItsOwnFaultAndTheDriverStays(string code)
    {
        // A board that has no MIG mode to ask for, beside one that answers.
        var scenario = MockScenario.With(MockNode.BuiltIn("t4"), root =>
        {
            var second = root["gpus"]![0]!.DeepClone();
            second["identity"]!["uuid"] = "GPU-11111111-1111-4111-8111-111111111111";
            second["pci"]!["bus_id"] = "00000000:AF:00.0";
            root["gpus"]!.AsArray().Add(second);
        });
        await using var node = MockNode.Start(scenario);
        var before = await node.EnumerateAsync();
        Assert.That(before.Devices, Has.Length.EqualTo(2).And.All.Property(nameof(GpuDevice.Faults)).Empty);

        node.Write(MockScenario.WithCall(scenario, "nvmlDevice*", 0, $$"""{"return": "{{code}}"}"""));
        var report = await node.EnumerateUntilAsync(current => !current.Devices[0].Faults.IsEmpty);

        Assert.That(report.Devices[0].Fault?.Kind, Is.EqualTo(DeviceFaultKind.CallFailed));
        Assert.That(report.Devices[0].Fault?.Evidence, Does.Contain(code));
        Assert.That(report.Driver.IsLoaded, Is.True);
        Assert.That(report.Devices[1], Is.EqualTo(before.Devices[1]));
        Assert.That(node.Logs.Named("DriverLost"), Is.Empty);
        node.Write(scenario);
        await node.EnumerateUntilAsync(current => current.Devices.All(device => device.Faults.IsEmpty));
    }

    [Test]
    public async Task Gpu_LostBeforeItWasEverRead_IsLeftOutWithOneWarningUntilItIsBack()
    {
        // Without a handle there is no UUID, and a device of another name would be another device to Nomad.
        var scenario = MockNode.BuiltIn("dgx-h100");
        await using var node = MockNode.Start(MockScenario.WithGpu(scenario, 3, "state", "lost"));

        for (var refresh = 0; refresh < 3; refresh++)
        {
            Assert.That((await node.EnumerateAsync()).Devices, Has.Length.EqualTo(7).And.All
                .Property(nameof(GpuDevice.Fault)).Null);
        }

        Assert.That(
            node.Logs.Named("GpuLeftOut").Single().Message, Does.Contain("index 3").And.Contain("GPU_IS_LOST"));
        node.Write(scenario);
        var all = (await node.EnumerateUntilAsync(report => report.Devices.Length == 8)).Devices;
        Assert.That(all.Select(device => device.Index), Is.EqualTo(Enumerable.Range(0, 8)));
    }

    [TestCase("t4", 5)]
    [TestCase("dgx-h100", 5)]
    [TestCase("dgx-a100-mig", 5)]
    [TestCase("old-driver", 5)]
    [TestCase("a100", 10)]
    public async Task Modes_Changed_AreAllSeenWithinAsManyRefreshes(string name, int most)
    {
        var scenario = MockNode.BuiltIn(name);
        await using var node = MockNode.Start(scenario);
        var before = (await node.EnumerateAsync()).Devices[0].Facts;

        node.Write(MockScenario.With(scenario, root =>
        {
            var gpu = root["gpus"]![0]!.AsObject();
            Change(gpu, "modes", "persistence", false);
            Change(gpu, "modes", "compute", "prohibited");
            Change(gpu, "power", "requested_limit_watts", before.PowerMinWatts);
        }));

        // The mock takes a moment to see it; the limit tells that it has.
        await node.EnumerateUntilAsync(report => report.Devices[0].Facts.PowerLimitWatts != before.PowerLimitWatts);
        for (var refresh = 1; refresh < most; refresh++)
        {
            await node.EnumerateAsync();
        }

        var after = (await node.EnumerateAsync()).Devices[0].Facts;
        Assert.That(before, Has.Property(nameof(GpuFacts.PersistenceMode)).True);
        Assert.That(after, Has.Property(nameof(GpuFacts.PersistenceMode)).False);
        Assert.That(after.ComputeMode, Is.EqualTo("prohibited").And.Not.EqualTo(before.ComputeMode));
    }

    [TestCase("dgx-h100", "")]
    [TestCase("old-driver", "r470")]
    public async Task PowerLimit_EnforcedMoves_IsAReadingAndNoFact(string name, string build)
    {
        var scenario = MockNode.BuiltIn(name);
        await using var node = MockNode.Start(scenario, build);
        var before = (await node.EnumerateAsync()).Devices[0];
        Assert.That(before.Facts.PowerLimitWatts, Is.EqualTo((await node.ReadAsync(before)).PowerLimitWatts));

        node.Write(MockScenario.With(scenario, root =>
        {
            var gpu = root["gpus"]![0]!.AsObject();
            Change(gpu, "power", "limit_watts", before.Facts.PowerMinWatts);
            Change(gpu, "modes", "persistence", false);
        }));

        // The mock takes a moment to see it; the mode tells that it has.
        var after = (await node.EnumerateUntilAsync(report => report.Devices[0].Facts.PersistenceMode == false)).Devices[0];
        node.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.That(after.Facts.PowerLimitWatts, Is.EqualTo(before.Facts.PowerLimitWatts));
        Assert.That((await node.ReadAsync(after)).PowerLimitWatts, Is.EqualTo(before.Facts.PowerMinWatts));
    }

    [Test]
    public async Task Ecc_Switched_TheMemoryIsReadAgain()
    {
        var scenario = MockNode.BuiltIn("t4");
        await using var node = MockNode.Start(scenario);
        var before = (await node.EnumerateAsync()).Devices[0].Facts;
        Assert.That(before.EccMode, Is.True);

        node.Write(MockScenario.With(scenario, root =>
        {
            var gpu = root["gpus"]![0]!.AsObject();
            Change(gpu, "ecc", "enabled", false);
            Change(gpu, "memory", "total_mib", before.MemoryMiB + 960);
        }));

        var after = (await node.EnumerateUntilAsync(report => report.Devices[0].Facts.EccMode == false)).Devices[0].Facts;
        Assert.That(after.MemoryMiB, Is.EqualTo(before.MemoryMiB + 960));
    }

    [Test]
    public async Task Mig_LayoutChanges_IsSeenAtTheNextRefresh()
    {
        var scenario = MockNode.BuiltIn("dgx-a100-mig");
        await using var node = MockNode.Start(scenario);
        var before = (await node.EnumerateAsync()).Devices;
        Assert.That(before.Count(device => device.Mig is not null), Is.EqualTo(13));

        node.Write(MockScenario.With(scenario, root => root["gpus"]![5]!["mig"]!["instances"]!.AsArray().RemoveAt(0)));
        var after = (await node.EnumerateUntilAsync(report => report.Devices.Length == before.Length - 1)).Devices;

        Assert.That(after.Count(device => device.Mig is not null), Is.EqualTo(12));
        Assert.That(after.Where(device => device.Mig is null), Has.Exactly(8).Items);
    }

    [TestCase("nvmlDeviceGetUUID")]
    [TestCase("nvmlDeviceGetMigDeviceHandleByIndex")]
    [TestCase("nvmlDeviceGetMigMode")]
    [TestCase("nvmlDeviceGetMaxMigDeviceCount")]
    public async Task Mig_CallFails_TheGpuCannotBeReadAndKeepsItsInstances(string function)
    {
        var scenario = MockNode.BuiltIn("dgx-a100-mig");
        await using var node = MockNode.Start(scenario);
        await node.EnumerateAsync();

        // The mode and the number of slots are asked again after a failure only.
        const string Once = """{"return": "TIMEOUT", "times": 1}""";
        node.Write(MockScenario.WithCall(
            MockScenario.WithCall(scenario, "nvmlDeviceGetUUID", 5, Once), function, 5, """{"return": "TIMEOUT"}"""));
        await node.EnumerateUntilAsync(report =>
        {
            Assert.That(report.Devices.Count(device => device.Mig is not null), Is.EqualTo(13));
            return report.Devices.Any(device => device.Fault is { Kind: DeviceFaultKind.CallFailed } fault
                && fault.Evidence.Contains(function, StringComparison.Ordinal));
        });
        await node.EnumerateAsync();
        Assert.That((await node.EnumerateAsync()).Devices.Count(device => device.Mig is not null), Is.EqualTo(13));

        node.Write(scenario);
        var well = await node.EnumerateUntilAsync(report => report.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(well.Devices.Count(device => device.Mig is not null), Is.EqualTo(13));
    }

    [Test]
    public async Task Mig_InstanceMadeAnewWithTheSameUuid_IsReadAgain()
    {
        var scenario = MockNode.BuiltIn("dgx-a100-mig");
        await using var node = MockNode.Start(scenario);
        var before = (await node.EnumerateAsync()).Devices.First(device => device.Mig?.Profile == "3g.20gb");

        node.Write(MockScenario.With(scenario, root =>
        {
            var instances = root["gpus"]![6]!["mig"]!["instances"]!.AsArray();
            instances[0]!["name"] = "NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb";
            instances[0]!["sm_count"] = 14;
            instances[0]!["compute_slices"] = 1;
            instances.RemoveAt(1);
        }));
        var after = (await node.EnumerateUntilAsync(report => report.Devices.Count(device => device.Mig is not null) == 12))
            .Devices.Single(device => device.Uuid == before.Uuid);

        Assert.That(
            (after.Name, after.Facts.SmCount, after.Mig?.Profile, after.Mig?.ComputeSlices),
            Is.EqualTo(("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb", (int?)14, "1c.3g.20gb", (int?)1)));
    }

    [TestCase("TIMEOUT")]
    [TestCase("NO_DATA")]
    public async Task Uuid_CannotBeReadAnyMore_IsToldAsThatAndNotAsAnotherBoard(string code)
    {
        var scenario = MockNode.BuiltIn("dgx-h100");
        await using var node = MockNode.Start(scenario);
        await node.EnumerateAsync();

        node.Write(MockScenario.WithCall(scenario, "nvmlDeviceGetUUID", 2, $$"""{"return": "{{code}}"}"""));
        var gpu = (await node.EnumerateUntilAsync(report => report.Devices[2].Fault is not null)).Devices[2];

        Assert.That(gpu.Fault?.Kind, Is.EqualTo(DeviceFaultKind.CallFailed));
        Assert.That(gpu.Fault?.Evidence, Is.EqualTo($"nvmlDeviceGetUUID answered {code}."));
    }

    [Test]
    public async Task Xid_OnAGpu_IsAnEventForIt()
    {
        var scenario = MockScenario.With(MockNode.BuiltIn("dgx-h100"), root => root["timeline"] = JsonNode.Parse(
            """[{"id": "x", "at": 0.3, "gpu": 4, "event": {"type": "xid", "data": 79}}]"""));
        await using var node = MockNode.Start(scenario);
        await using var events = node.Backend.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = events.MoveNextAsync().AsTask();
        var uuid = (await node.EnumerateAsync()).Devices[4].Uuid;

        Assert.That(await next.DefaultTimeout(), Is.True);
        Assert.That(events.Current, Is.EqualTo(new GpuEvent(GpuEventKind.Xid, uuid, 79)));
    }

    [Test]
    public async Task Release_WhileEventsAreWaitedFor_ClosesTheDriver()
    {
        await using var node = MockNode.Start(MockNode.BuiltIn("dgx-h100"), options: MockNode.ShortWaits);
        await node.EnumerateAsync();

        await node.Backend.ReleaseAsync().DefaultTimeout();

        Assert.That(node.CountCallsOf("nvmlShutdown"), Is.EqualTo(1));
    }

    [Test]
    public async Task Call_Hangs_ItsGpuIsUnresponsiveAndTheOthersAreServed()
    {
        var scenario = MockNode.BuiltIn("dgx-h100");
        await using var node = MockNode.Start(MockScenario.WithCall(scenario, "nvmlDeviceGetMemoryInfo", 1, """{"hang": true}"""));

        var report = await node.EnumerateWhileTimePassesUntilAsync(current => current.Devices.Length == 8);

        Assert.That(report.Devices[1].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Unresponsive));
        Assert.That(report.Devices.RemoveAt(1), Has.All.Property(nameof(GpuDevice.Fault)).Null);
        node.Write(scenario);
        await node.EnumerateWhileTimePassesUntilAsync(current => current.Devices[1].Fault is null);
    }

    [Test]
    public async Task Uuid_SeventyNineCharacters_LeavesThatGpuOutWithAReason()
    {
        var scenario = MockScenario.With(
            MockNode.BuiltIn("dgx-h100"), root => root["gpus"]![0]!["identity"]!["uuid"] = new string('a', 79));
        await using var node = MockNode.Start(scenario);

        Assert.That((await node.EnumerateAsync()).Devices, Has.Length.EqualTo(7));
        Assert.That(node.Logs.Named("GpuLeftOut").Single().Message, Does.Contain("no UUID"));
    }

    private static void Change(JsonObject gpu, string group, string key, JsonNode? value)
    {
        gpu[group] ??= new JsonObject();
        gpu[group]![key] = value;
    }
}
