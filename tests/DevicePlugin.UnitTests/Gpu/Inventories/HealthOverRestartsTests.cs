using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>Nomad starts a new plugin process each time its agent restarts, and the GPU is as sick as before.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthOverRestartsTests
{
    private static readonly DriverLoad Load = new("boot-1", "580.105.08 1");
    private static readonly GpuDevice Gpu = TestGpus.Gpu(0);

    private readonly FakeTimeProvider _time = new();
    private readonly List<HealthMemory> _saved = [];
    private int _loads;
    private TestLogs _logs = null!;

    [SetUp]
    public void SetUp() => _logs = new TestLogs();

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public async Task NoStream_NothingIsReadOrWritten()
    {
        await using var backend = new ScriptedBackend();
        await using var monitor = Start(backend);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.That((_loads, _saved.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Save_ThatWasNotKept_IsMadeAgain()
    {
        var isFull = true;
        var tracker = new HealthTracker(_time, _logs.CreateLogger("health"));
        var keeper = new HealthKeeper(tracker);
        keeper.Configure(new HealthPolicy
        {
            Store = new HealthStore(() => HealthMemory.Empty, Save),
        });
        tracker.Record(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79));

        Assert.That(keeper.Save(), Is.False);
        isFull = false;
        Assert.That(keeper.Save(), Is.True, "nothing changed since, and it is saved all the same");
        keeper.Save();
        Assert.That(_saved, Has.Count.EqualTo(2));

        bool Save(HealthMemory memory)
        {
            _saved.Add(memory);
            return !isFull;
        }
    }

    [Test]
    public async Task Healthy_NothingIsWritten()
    {
        await RunAsync(Load, raise: null);

        Assert.That(_saved, Is.Empty);
    }

    [TestCase("boot-1", "580.105.08 1", false)]
    [TestCase("boot-1", "580.105.08 2", true)]
    [TestCase("boot-2", "580.105.08 1", true)]
    public async Task Xid_NotCleared_IsThereAfterARestartUnlessTheDriverWasLoadedAnew(string boot, string module, bool fit)
    {
        var before = await RunAsync(Load, new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79));
        Assert.That(before.IsUsable, Is.False);
        _time.Advance(TimeSpan.FromMinutes(1));

        var after = await RunAsync(new DriverLoad(boot, module), raise: null);

        Assert.That(after.IsUsable, Is.EqualTo(fit));
        Assert.That(after, Is.EqualTo(fit ? DeviceHealth.Healthy : before), "the text is that of the onset");
        Assert.That(_saved[^1].Causes, Has.Length.EqualTo(fit ? 0 : 1));
    }

    [Test]
    public async Task Memory_OfOthers_IsTakenAsFarAsItMakesSense()
    {
        _saved.Add(new HealthMemory(
        [
            new RememberedCause(Gpu.Uuid, null, null, "neither", _time.GetUtcNow()),
            new RememberedCause(Gpu.Uuid, DeviceFaultKind.Lost, 79, "both", _time.GetUtcNow()),
            new RememberedCause(Gpu.Uuid, null, 13, "an XID that is not grave", _time.GetUtcNow()),
            new RememberedCause("GPU-gone", null, 79, "XID 79", _time.GetUtcNow()),
        ]));

        Assert.That(await RunAsync(Load, raise: null), Is.EqualTo(DeviceHealth.Healthy));
    }

    private InventoryMonitor Start(ScriptedBackend backend)
    {
        var monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
        monitor.Configure(new MonitorSettings
        {
            Health = new HealthPolicy { Store = new HealthStore(LoadLast, Keep) }, OpenBackend = () => backend,
        });
        return monitor;
    }

    private bool Keep(HealthMemory memory)
    {
        _saved.Add(memory);
        return true;
    }

    private HealthMemory LoadLast()
    {
        _loads++;
        return _saved.LastOrDefault() ?? HealthMemory.Empty;
    }

    /// <summary>The health that a process ends with.</summary>
    private async Task<DeviceHealth> RunAsync(DriverLoad load, GpuEvent? raise)
    {
        await using var backend = new ScriptedBackend { Report = TestGpus.Report(Gpu) with { Load = load } };
        await using var monitor = Start(backend);
        await using var stream = new InventoryStream(monitor);
        var health = (await stream.NextAsync()).Devices.Single().Health;
        if (raise is not null)
        {
            backend.Raise(raise);
            health = (await stream.NextAsync()).Devices.Single().Health;
            await backend.NextEnumeration().DefaultTimeout();
            await backend.NextEnumeration().DefaultTimeout();
        }

        return health;
    }
}
