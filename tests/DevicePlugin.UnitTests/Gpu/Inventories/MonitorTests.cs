using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>A monitor of two GPUs on a manual clock.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal abstract class MonitorTests
{
    private protected static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    private volatile string? _maintenance;

    private protected ObservedTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));

    private protected ScriptedBackend Backend { get; } = new();

    private protected TestLogs Logs { get; private set; } = null!;

    private protected InventoryMonitor Monitor { get; private set; } = null!;

    /// <summary>The text of the maintenance file; null: there is none.</summary>
    private protected string? MaintenanceText
    {
        get => _maintenance;
        set => _maintenance = value;
    }

    private protected CordonStore Cordons { get; set; } = CordonStore.None;

    private protected KnownGpuStore Known { get; set; } = KnownGpuStore.None;

    private protected Func<ResetProcess, bool> IsResetting { get; set; } = _ => false;

    [SetUp]
    public void SetUp()
    {
        Logs = new TestLogs();
        Monitor = new InventoryMonitor(Time, Logs.CreateLogger<InventoryMonitor>());
        Backend.Report = TestGpus.Report(Gpu(0), Gpu(1));
        Configure(HealthPolicy.Default);
    }

    [TearDown]
    public async Task TearDown()
    {
        await Monitor.DisposeAsync();
        Logs.Dispose();
    }

    private protected static GpuDevice Gpu(int n) => TestGpus.Gpu(n) with { RecoveryNeeded = false };

    private protected static GpuDevice Sick(int n, DeviceFaultKind kind) =>
        Gpu(n) with { Fault = new DeviceFault(kind, "seen") };

    private protected static IEnumerable<bool> Usable(Inventory inventory) =>
        inventory.Devices.Select(device => device.Health.IsUsable);

    private protected void Raise(int gpu, long xid) =>
        Backend.Raise(new GpuEvent(GpuEventKind.Xid, Gpu(gpu).Uuid, xid));

    private protected void Configure(HealthPolicy policy) => Monitor.Configure(Settings(policy));

    private protected MonitorSettings Settings(HealthPolicy policy) => new()
    {
        Period = Period, Health = policy, OpenBackend = () => Backend, Cordons = Cordons, Known = Known, IsResetting = IsResetting,
        ReadMaintenance = () => _maintenance is { } text ? new Maintenance(text) { ResetsAll = text == "reset" } : null,
    };
}
