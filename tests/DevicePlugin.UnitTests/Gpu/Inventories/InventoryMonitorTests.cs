using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class InventoryMonitorTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedBackend _backend = new();
    private TestLogs _logs = null!;
    private InventoryMonitor _monitor = null!;

    [SetUp]
    public void SetUp()
    {
        _logs = new TestLogs();
        _monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
        Configure();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _monitor.DisposeAsync();
        _logs.Dispose();
    }

    [Test]
    public void Configure_NoStreamYet_HardwareIsLeftAlone()
    {
        _time.Advance(TimeSpan.FromHours(1));

        Assert.That(_backend.Enumerations, Is.Zero);
        Assert.That(_monitor.Current, Is.EqualTo(Inventory.Empty));
    }

    [Test]
    public async Task WatchAsync_FirstMessage_IsTheCompleteEnumeration()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));

        await using var stream = Open();
        var inventory = await stream.NextAsync();

        Assert.That(inventory.Devices.Select(device => device.Id), Is.EqualTo(new[] { "GPU-00000000", "GPU-00000001" }));
    }

    [Test]
    public async Task WatchAsync_NoDriver_SendsAnEmptyInventoryAndStaysOpen()
    {
        _backend.Report = NodeReport.Without(DriverState.NotLoaded, "the nvidia module is not loaded");
        await using var stream = Open();
        Assert.That((await stream.NextAsync()).Devices, Is.Empty);

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        _time.Advance(Period);

        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task WatchAsync_SecondStream_GetsTheCurrentInventoryAtOnce()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        await using var first = Open();
        await first.NextAsync();

        await using var second = Open();

        Assert.That(await second.NextAsync(), Is.SameAs(_monitor.Current));
        Assert.That(_backend.Enumerations, Is.EqualTo(1));
    }

    [Test]
    public async Task WatchAsync_FirstStreamAfterNone_LooksAtTheHardwareAtOnce()
    {
        await using (var first = Open())
        {
            await first.NextAsync();
            await _backend.NextEnumeration().DefaultTimeout();
        }

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1), TestGpus.Gpu(2));
        await using var second = Open();

        await second.UntilAsync(current => current.Devices.Length == 3);
    }

    [Test]
    public async Task WatchAsync_NothingChanged_SendsNothing()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        await using var stream = Open();
        await stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();

        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Period);
            await _backend.NextEnumeration().DefaultTimeout();
        }

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));
        _time.Advance(Period);

        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(2), "the next message is the next change");
    }

    [Test]
    public async Task WatchAsync_SlowReader_GetsTheNewestOnly()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        await using var slow = Open();
        await using var quick = Open();
        await slow.NextAsync();
        await quick.NextAsync();

        for (var count = 2; count <= 5; count++)
        {
            _backend.Report = TestGpus.Report([.. Enumerable.Range(0, count).Select(n => TestGpus.Gpu(n))]);
            _time.Advance(Period);
            Assert.That((await quick.NextAsync()).Devices, Has.Length.EqualTo(count));
        }

        Assert.That((await slow.NextAsync()).Devices, Has.Length.EqualTo(5));
    }

    [Test]
    public async Task WatchAsync_EnumerationHangs_SendsAnEmptyInventoryAfterTheDeadline()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.Gate = gate.Task;
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        await using var stream = Open();
        var first = stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();

        _time.Advance(InventoryMonitor.FirstMessageDeadline - TimeSpan.FromSeconds(1));
        Assert.That(first.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await first).Devices, Is.Empty);
        Assert.That((await first).Driver, Is.EqualTo(new DriverStatus(DriverState.Failed, "no answer within 15 s")));

        gate.SetResult();
        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Event_Raised_EnumeratesAtOnce()
    {
        await using var stream = Open();
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Configure_WhileStreaming_ReplacesTheSettingsAndTheBackend()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));
        await using var stream = Open();
        await stream.NextAsync();
        await using var other = new ScriptedBackend { Report = _backend.Report };

        _monitor.Configure(new MonitorSettings
        {
            Filter = new DeviceFilter(["GPU-00000000"]), OpenBackend = () => other,
        });

        Assert.That((await stream.NextAsync()).Devices.Select(device => device.Id), Is.EqualTo(new[] { "GPU-00000001" }));
        Assert.That(_backend.IsDisposed, Is.True);
    }

    [Test]
    public async Task WatchAsync_Disabled_SendsOneEmptyInventoryWithoutABackend()
    {
        _monitor.Configure(new MonitorSettings
        {
            Enabled = false, OpenBackend = () => throw new InvalidOperationException("the hardware was touched"),
        });
        await using var stream = Open();

        var inventory = await stream.NextAsync();

        Assert.That(inventory.Devices, Is.Empty);
        Assert.That(inventory.Driver.State, Is.EqualTo(DriverState.Disabled));
    }

    [Test]
    public async Task Enumeration_Throws_TheLastInventoryStandsAndTheStreamLives()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "RefreshFailed");
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0));
        await using var stream = Open();
        await stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();

        _backend.Gate = Task.FromException(new InvalidOperationException("broken"));
        _time.Advance(Period);
        await _backend.NextEnumeration().DefaultTimeout();
        Assert.That(_monitor.Current.Devices, Has.Length.EqualTo(1));

        _backend.Gate = Task.CompletedTask;
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));
        _time.Advance(Period);
        Assert.That((await stream.NextAsync()).Devices, Has.Length.EqualTo(2));
        Assert.That(_logs.Named("RefreshFailed").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Fault_GoneAgain_UnhealthyThenHealthyWithOneWarningEach()
    {
        var sick = TestGpus.Gpu(1) with { Fault = new DeviceFault(DeviceFaultKind.RemapPending, "field 394") };
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));
        await using var stream = Open();
        await stream.NextAsync();

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), sick);
        _time.Advance(Period);
        Assert.That((await stream.NextAsync()).Devices.Select(device => device.Health.IsUsable), Is.EqualTo(new[] { true, false }));

        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1));
        _time.Advance(Period);
        Assert.That((await stream.NextAsync()).Devices.Select(device => device.Health.IsUsable), Is.All.True);
        Assert.That(_logs.Named("DeviceUnhealthy").Count(), Is.EqualTo(1));
        Assert.That(_logs.Named("DeviceHealthy").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task WatchAsync_MigMode_OffersInstancesAndNeverTheirGpu()
    {
        var migMode = new GpuFacts { MigMode = true };
        var parent = TestGpus.Gpu(0) with { Facts = migMode };
        _backend.Report = TestGpus.Report(
            parent, TestGpus.Instance(parent, 7), TestGpus.Gpu(1) with { Facts = migMode }, TestGpus.Gpu(2));
        await using var stream = Open();

        var devices = (await stream.NextAsync()).Devices;

        Assert.That(devices.Select(device => device.Id), Is.EqualTo(new[] { "MIG-0000-0007", "GPU-00000002" }));
    }

    [Test]
    public async Task WatchAsync_TwoDevicesOfOneUuid_OffersOne()
    {
        _backend.Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(0) with { Index = 1 }, TestGpus.Gpu(2));
        await using var stream = Open();

        var devices = (await stream.NextAsync()).Devices;

        Assert.That(devices.Select(device => device.Id), Is.EqualTo(new[] { "GPU-00000000", "GPU-00000002" }));
    }

    [Test]
    public async Task Enumeration_CancelsItself_TheLoopGoesOn()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "RefreshFailed");
        _backend.Gate = Task.FromException(new OperationCanceledException("not ours"));
        await using var stream = Open();
        var first = stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();

        _backend.Gate = Task.CompletedTask;
        _backend.Raise(new GpuEvent(GpuEventKind.Inventory, null));

        Assert.That((await first).Devices, Is.Empty);
    }

    [Test]
    public async Task IgnoredId_NobodyHasIt_IsOneWarning()
    {
        _monitor.Configure(new MonitorSettings
        {
            Period = Period, Filter = new DeviceFilter(["GPU-nobody"]), OpenBackend = () => _backend,
        });
        await using var stream = Open();
        await stream.NextAsync();
        await _backend.NextEnumeration().DefaultTimeout();
        _time.Advance(Period);
        await _backend.NextEnumeration().DefaultTimeout();

        Assert.That(_logs.Named("IgnoredIdIsUnknown").Count(), Is.EqualTo(1));
    }

    private void Configure() =>
        _monitor.Configure(new MonitorSettings { Period = Period, OpenBackend = () => _backend });

    private InventoryStream Open() => new(_monitor);
}
