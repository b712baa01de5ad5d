using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>A GPU that is lost when the plugin starts is there all the same.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KnownGpusTests
{
    private static readonly DriverLoad Load = new("boot-1", "580.105.08 1");
    private static readonly DeviceFault Refused = new(
        DeviceFaultKind.Lost, "nvmlDeviceGetHandleByIndex_v2 answered GPU_IS_LOST.");

    private readonly FakeTimeProvider _time = new();
    private readonly List<KnownGpuMemory> _saved = [];
    private TestLogs _logs = null!;

    [SetUp]
    public void SetUp() => _logs = new TestLogs();

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [TestCase(true)]
    [TestCase(false)]
    public async Task Gpu_LostAtTheStart_IsOfferedInItsGroupWithItsFactsAndUnhealthy(bool isHealthJudged)
    {
        await RunAsync(Report(0, 1, 2), isHealthJudged);

        var inventory = await RunAsync(
            Report(0, 2) with { Unidentified = [new UnidentifiedGpu(Refused) { Index = 1 }] }, isHealthJudged);

        var lost = inventory.Devices.Single(device => device.Id == TestGpus.Gpu(1).Uuid);
        Assert.That(lost.GroupName, Is.EqualTo(TestGpus.Model));
        Assert.That(lost.Gpu.Facts, Is.EqualTo(TestGpus.Gpu(1).Facts), "the group's attributes stay");
        Assert.That(lost.Health.IsUsable, Is.False);
        Assert.That(lost.Health.Description, Does.Contain("GPU_IS_LOST"));
        Assert.That(lost.Gpu.MinorNumber, Is.Null);
        Assert.That(inventory.Devices.Count(device => device.Health.IsUsable), Is.EqualTo(2));
    }

    [Test]
    public async Task Gpu_ThatOnlyTheKernelKnows_IsOfferedByItsWords()
    {
        var inventory = await RunAsync(Report(0) with
        {
            Unidentified =
            [
                new UnidentifiedGpu(Refused) { Uuid = "GPU-00000001", Model = TestGpus.Model, PciBusId = "0000:11:00.0" },
                new UnidentifiedGpu(Refused) { Model = TestGpus.Model, PciBusId = "0000:12:00.0" },
            ],
        });

        Assert.That(
            inventory.Devices.Select(device => (device.Id, device.GroupName, device.Health.IsUsable)),
            Is.EqualTo(new[]
            {
                ("GPU-00000000", TestGpus.Model, true), ("GPU-00000001", TestGpus.Model, false),
                ("PCI-0000:12:00.0", TestGpus.Model, false),
            }));
    }

    [Test]
    public async Task Gpu_OfWhichOnlyTheAddressIsKnown_IsTheOneThatWasThere()
    {
        await RunAsync(Report(0, 1, 2));

        var inventory = await RunAsync(Report(0) with
        {
            Unidentified = [new UnidentifiedGpu(Refused) { Model = "Unnamed board", PciBusId = TestGpus.Gpu(2).PciBusId }],
        });

        var found = inventory.Devices.Single(device => device.Gpu.PciBusId == TestGpus.Gpu(2).PciBusId);
        Assert.That((found.Id, found.GroupName), Is.EqualTo((TestGpus.Gpu(2).Uuid, TestGpus.Model)));
    }

    [TestCase(TestGpus.Model, 2, "GPU-00000001")]
    [TestCase("Another board", 3, "GPU-00000001", "PCI-0000:11:00.0")]
    public async Task Gpu_OfWhichOnlyTheAddressIsKnownAfterAReboot_IsTheOneThatWasThereIfItIsOfItsModel(
        string model, int devices, params string[] unhealthy)
    {
        await RunAsync(Report(0, 1));

        // Twice: with the second start nobody is said to have left its address any more.
        for (var start = 0; start < 2; start++)
        {
            var inventory = await RunAsync(Report(0) with
            {
                Load = new DriverLoad("boot-2", "580.105.08 1"),
                Unidentified = [new UnidentifiedGpu(Refused) { Model = model, PciBusId = "0000:11:00.0" }],
            });

            Assert.That(inventory.Devices, Has.Length.EqualTo(devices));
            Assert.That(
                inventory.Devices.Where(device => !device.Health.IsUsable).Select(device => device.Id),
                Is.EquivalentTo(unhealthy));
            Assert.That(
                inventory.Devices.Single(device => device.Id == "GPU-00000001").Gpu.Facts, Is.EqualTo(TestGpus.Gpu(1).Facts));
        }
    }

    [Test]
    public async Task Placeholder_GpuGivesItsUuid_IsGoneAtOnce()
    {
        await using var backend = new ScriptedBackend
        {
            Report = Report(0) with
            {
                Unidentified = [new UnidentifiedGpu(Refused) { Model = TestGpus.Model, PciBusId = "0000:11:00.0" }],
            },
        };
        await using var monitor = Start(backend);
        await using var stream = new InventoryStream(monitor);
        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(2));

        backend.Report = Report(0, 1);
        backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        Assert.That((await stream.NextAsync()).Devices.Select(device => device.Id),
            Is.EqualTo(new[] { "GPU-00000000", "GPU-00000001" }));
    }

    [Test]
    public async Task Gpu_NobodyKnowsItsGroup_IsLeftOutWithOneWarning()
    {
        var inventory = await RunAsync(Report(0) with { Unidentified = [new UnidentifiedGpu(Refused) { Index = 1 }] });

        Assert.That(inventory.Devices, Has.Length.EqualTo(1));
        Assert.That(_logs.Named("GpuUnidentified").Single().Message, Does.Contain("index 1").And.Contain("GPU_IS_LOST"));
    }

    [TestCase(true, true)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    public async Task Gpu_NotReadYetAfterARestart_IsListedAsThatUntilItIsRead(bool isHealthJudged, bool isLoaded)
    {
        await RunAsync(Report(0, 1));
        await using var backend = new ScriptedBackend
        {
            Report = isLoaded
                ? Report(0) with { IsPartial = true }
                : NodeReport.Without(DriverState.Failed, "nvmlInit_v2 did not return within 10 s") with { IsPartial = true },
        };
        await using var monitor = Start(backend, isHealthJudged);
        await using var stream = new InventoryStream(monitor);

        var first = await stream.NextAsync();
        var unread = first.Find(TestGpus.Gpu(1).Uuid)!;
        Assert.That(first.Devices, Has.Length.EqualTo(2));
        Assert.That((unread.GroupName, unread.Gpu.Facts), Is.EqualTo((TestGpus.Model, TestGpus.Gpu(1).Facts)));
        Assert.That(unread.Health.IsUsable, Is.False);
        Assert.That(unread.Health.Description, Does.Contain("not been read yet").And.Not.Contain("gone"));
        Assert.That(unread.Obstacle, Is.EqualTo("it has not been read yet"), "no setting gives it to a task");
        Assert.That(first.Find(TestGpus.Gpu(0).Uuid)!.Health.IsUsable, Is.EqualTo(isLoaded));

        backend.Report = Report(0, 1);
        backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That((await stream.NextAsync()).Devices.All(device => device.Health.IsUsable), Is.True);
    }

    [Test]
    public async Task Gpu_NotReadYetAfterARestart_AndNotThereWhenTheSearchHasEnded_IsGone()
    {
        await RunAsync(Report(0, 1));
        await using var backend = new ScriptedBackend { Report = Report(0) with { IsPartial = true } };
        await using var monitor = Start(backend);
        await using var stream = new InventoryStream(monitor);
        await stream.NextAsync();

        backend.Report = Report(0);
        backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        var gone = await stream.UntilAsync(inventory => inventory.Devices[1].Health.Description.Contains("GPU is gone"));
        Assert.That(gone.Devices[1].Id, Is.EqualTo(TestGpus.Gpu(1).Uuid));
        _time.Advance(DeviceRetention.Limit);
        backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That((await stream.UntilAsync(inventory => inventory.Devices.Length == 1)).Devices[0].Id, Is.EqualTo(TestGpus.Gpu(0).Uuid));
    }

    [Test]
    public async Task Gpu_ThatIsBeingRead_IsNotGivenAGroupThatIsNotItsOwn()
    {
        var unread = new UnidentifiedGpu(new DeviceFault(DeviceFaultKind.NotRead, "its first reading is still going on."))
        {
            Uuid = TestGpus.Gpu(1).Uuid,
        };

        var inventory = await RunAsync(Report(0) with { IsPartial = true, Unidentified = [unread] });

        Assert.That(inventory.Devices, Has.Length.EqualTo(1));
        Assert.That(_logs.Named("GpuUnidentified"), Is.Empty);
    }

    [Test]
    public async Task FirstMessage_HardwareDoesNotAnswer_HasTheGpusOfTheEarlierProcess()
    {
        await RunAsync(Report(0, 1));
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new ScriptedBackend { Report = Report(0, 1), Gate = gate.Task };
        await using var monitor = Start(backend);
        await using var stream = new InventoryStream(monitor);
        var first = stream.NextAsync();
        await backend.NextEnumeration().DefaultTimeout();

        _time.Advance(InventoryMonitor.FirstMessageDeadline);

        var devices = (await first).Devices;
        Assert.That(devices.Select(device => device.Id), Is.EqualTo(new[] { TestGpus.Gpu(0).Uuid, TestGpus.Gpu(1).Uuid }));
        Assert.That(devices.Any(device => device.Health.IsUsable), Is.False);
        gate.SetResult();
        Assert.That((await stream.NextAsync()).Devices.All(device => device.Health.IsUsable), Is.True);
    }

    [Test]
    public async Task FirstMessage_DuringMaintenance_HasTheGpusOfTheEarlierProcess()
    {
        await RunAsync(Report(0, 1));
        Maintenance? maintenance = new("new power supply");
        await using var backend = new ScriptedBackend { Report = Report(0, 1) };
        await using var monitor = Start(backend, maintenance: () => maintenance);
        await using var stream = new InventoryStream(monitor);

        var devices = (await stream.NextAsync()).Devices;

        Assert.That(devices.Select(device => device.Id), Is.EqualTo(new[] { TestGpus.Gpu(0).Uuid, TestGpus.Gpu(1).Uuid }));
        Assert.That(devices.Select(device => device.Health.Description), Is.All.Contains("maintenance: new power supply"));
        Assert.That(devices.Any(device => device.Health.IsUsable), Is.False);

        maintenance = null;
        await monitor.RefreshAsync().DefaultTimeout();
        Assert.That((await stream.NextAsync()).Devices.All(device => device.Health.IsUsable), Is.True);
    }

    [Test]
    public async Task Gpu_GoneWhileNobodyWatched_IsUnhealthyForTenMinutesAndForgotten()
    {
        await RunAsync(Report(0, 1));
        await using var backend = new ScriptedBackend { Report = Report(0) };
        await using var monitor = Start(backend);
        await using var stream = new InventoryStream(monitor);

        var gone = (await stream.NextAsync()).Devices.Single(device => device.Id == TestGpus.Gpu(1).Uuid);
        Assert.That(gone.Health.Description, Does.StartWith("GPU is gone"));
        Assert.That(gone.Gpu.MinorNumber, Is.Null);

        _time.Advance(DeviceRetention.Limit);
        backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));
        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(1));

        // The record is written after the stream is told.
        await monitor.RefreshAsync().DefaultTimeout();
        Assert.That(_saved[^1].Devices, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Instances_OfAGpuThatIsLostAtTheStart_StayUnderTheSameLoadOnly()
    {
        var parent = TestGpus.Gpu(1) with { Facts = TestGpus.Gpu(1).Facts with { MigMode = true } };
        await RunAsync(TestGpus.Report(TestGpus.Gpu(0), parent, TestGpus.Instance(parent, 3)) with { Load = Load });
        var lost = Report(0) with { Unidentified = [new UnidentifiedGpu(Refused) { Uuid = parent.Uuid }] };

        var same = await RunAsync(lost);
        var other = await RunAsync(lost with { Load = new DriverLoad("boot-2", "580.105.08 1") });

        Assert.That(same.Devices.Select(device => device.Id), Is.EqualTo(new[] { "GPU-00000000", "MIG-0001-0003" }));
        Assert.That(same.Devices[1].Health.IsUsable, Is.False);
        Assert.That(other.Devices.Select(device => device.Id), Is.EquivalentTo(new[] { "GPU-00000000", "GPU-00000001" }));
    }

    [Test]
    public async Task Gpu_HangsFromTheStart_HasTheFactsItHad()
    {
        await RunAsync(Report(0, 1));

        var inventory = await RunAsync(TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1) with
        {
            Facts = GpuFacts.None,
            Fault = new DeviceFault(DeviceFaultKind.Unresponsive, "hangs"),
        }) with
        { Load = Load });

        Assert.That(inventory.Devices[1].Gpu.Facts, Is.EqualTo(TestGpus.Gpu(1).Facts));
        Assert.That(_saved, Has.Count.EqualTo(1), "nothing was learnt from it");
    }

    [Test]
    public async Task DriverIsAnother_FirmwareIsNotTheOneOfBefore()
    {
        var gpu = TestGpus.Gpu(1) with { Facts = TestGpus.Gpu(1).Facts with { GspFirmware = "580.105.08" } };
        await RunAsync(TestGpus.Report(gpu) with { Load = Load });

        var report = TestGpus.Report() with { Unidentified = [new UnidentifiedGpu(Refused) { Uuid = gpu.Uuid }] };
        var inventory = await RunAsync(report with { Driver = report.Driver with { Version = "590" } });

        Assert.That(inventory.Devices.Single().Gpu.Facts, Is.EqualTo(TestGpus.Gpu(1).Facts));
    }

    [TestCase("GPU-00000000")]
    [TestCase("0")]
    [TestCase("0000:10:00.0")]
    public async Task ExclusiveGpu_GoneOverARestart_TheSharedOneKeepsItsGroup(string shared)
    {
        var before = await RunAsync(Report(0, 1), sharing: Share(shared));
        var known = await RunAsync(Report(0), sharing: Share(shared));
        _saved.Clear();
        var unknown = await RunAsync(Report(0), sharing: Share(shared));

        Assert.That(before.Groups.Select(group => group.Name), Is.EqualTo([TestGpus.Model, $"{TestGpus.Model}-SHARED"]));
        Assert.That(known.Groups.Select(group => group.Name), Is.EqualTo([TestGpus.Model, $"{TestGpus.Model}-SHARED"]));
        Assert.That(unknown.Groups.Select(group => group.Name), Is.EqualTo([$"{TestGpus.Model}-SHARED"]));
    }

    [TestCase("GPU-00000001", false)]
    [TestCase("1", false)]
    [TestCase("0000:11:00.0", false)]
    [TestCase("1", true)]
    [TestCase("0000:11:00.0", true)]
    public async Task SharedGpu_GoneOverARestart_IsStillShared(string shared, bool isOtherLoad)
    {
        await RunAsync(Report(0, 1), sharing: Share(shared));
        var gone = isOtherLoad ? Report(0) with { Load = new DriverLoad("boot-2", "580.105.08 1") } : Report(0);
        for (var start = 0; start < 2; start++)
        {
            var inventory = await RunAsync(gone, sharing: Share(shared));

            Assert.That(
                inventory.Devices.Where(device => !device.Health.IsUsable).Select(device => (device.Id, device.GroupName)),
                Is.EquivalentTo(new[]
                {
                    ("GPU-00000001::0", $"{TestGpus.Model}-SHARED"), ("GPU-00000001::1", $"{TestGpus.Model}-SHARED"),
                }));
            Assert.That(_logs.Named("SharingMatchesNothing"), Is.Empty);
        }
    }

    [TestCase("1")]
    [TestCase("0000:11:00.0")]
    public async Task SharedGpu_WithoutAHandleAfterAReboot_IsStillShared(string shared)
    {
        await RunAsync(Report(0, 1), sharing: Share(shared));

        var inventory = await RunAsync(
            Report(0) with
            {
                Load = new DriverLoad("boot-2", "580.105.08 1"),
                Unidentified = [new UnidentifiedGpu(Refused) { Index = 1 }],
            },
            sharing: Share(shared));

        Assert.That(
            inventory.Devices.Where(device => !device.Health.IsUsable).Select(device => device.Id),
            Is.EquivalentTo(new[] { "GPU-00000001::0", "GPU-00000001::1" }));
    }

    [TestCase("1")]
    [TestCase("0000:11:00.0")]
    public async Task IgnoredGpu_GoneOverAReboot_StaysHidden(string ignored)
    {
        await RunAsync(Report(0, 1), ignored: ignored);

        var inventory = await RunAsync(
            Report(0) with { Load = new DriverLoad("boot-2", "580.105.08 1") }, ignored: ignored);

        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(["GPU-00000000"]));
        Assert.That(_logs.Named("IgnoredIdIsUnknown"), Is.Empty);
    }

    [TestCase("boot-1", 5ul)]
    [TestCase("boot-2", 0ul)]
    [TestCase(null, 5ul)]
    public async Task NvLinks_SeenUpByAnEarlierProcess_AreKnownUntilTheMachineBoots(string? boot, ulong known)
    {
        await RunAsync(TestGpus.Report(TestGpus.Gpu(0) with { NvLinksSeenUp = 5 }) with { Load = new DriverLoad("boot-1", "580 1") });
        await using var backend = new ScriptedBackend { Report = Report(0) };
        ulong? found = null;
        await using var monitor = Start(backend, onOpen: it => found = it.FindNvLinksSeenUp("GPU-00000000", new DriverLoad(boot, "580 2")));
        await using var stream = new InventoryStream(monitor);

        await stream.NextAsync();

        Assert.That(found, Is.EqualTo(known));
    }

    private static SharingPolicy Share(string device) =>
        new([new SharingRule { Devices = [new DevicePattern(device)] }]);

    private static NodeReport Report(params int[] gpus) =>
        TestGpus.Report([.. gpus.Select(n => TestGpus.Gpu(n))]) with { Load = Load };

    private InventoryMonitor Start(
        ScriptedBackend backend, bool isHealthJudged = true, SharingPolicy? sharing = null, string? ignored = null,
        Action<InventoryMonitor>? onOpen = null, Func<Maintenance?>? maintenance = null)
    {
        var monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
        monitor.Configure(new MonitorSettings
        {
            Health = new HealthPolicy { Enabled = isHealthJudged },
            Known = new KnownGpuStore(() => _saved.LastOrDefault() ?? KnownGpuMemory.Empty, Keep) { ExpectsThem = true },
            Sharing = sharing ?? SharingPolicy.None,
            ReadMaintenance = maintenance ?? (() => null),
            Filter = ignored is null ? DeviceFilter.None : new DeviceFilter([ignored]),
            OpenBackend = () =>
            {
                onOpen?.Invoke(monitor);
                return backend;
            },
        });
        return monitor;
    }

    private bool Keep(KnownGpuMemory memory)
    {
        _saved.Add(memory);
        return true;
    }

    /// <summary>The first inventory of a process, and what it kept.</summary>
    private async Task<Inventory> RunAsync(
        NodeReport report, bool isHealthJudged = true, SharingPolicy? sharing = null, string? ignored = null)
    {
        await using var backend = new ScriptedBackend { Report = report };
        await using var monitor = Start(backend, isHealthJudged, sharing, ignored);
        await using var stream = new InventoryStream(monitor);
        return await stream.NextAsync();
    }
}
