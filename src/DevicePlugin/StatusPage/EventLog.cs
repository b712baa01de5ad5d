using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.StatusPage;

/// <summary>The last events. More than a page shows at once would only be memory.</summary>
internal sealed class EventLog(TimeProvider time)
{
    private const int Most = 100;

    private readonly Lock _gate = new();
    private readonly Queue<StatusEvent> _events = new();
    private Inventory? _inventory;

    /// <summary>The newest first.</summary>
    public ImmutableArray<StatusEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events.Reverse()];
            }
        }
    }

    public void Reserve(IReadOnlyList<string> ids) => Add("reserved", null, $"Reserved {string.Join(", ", ids)}.");

    public void See(GpuEvent gpuEvent)
    {
        if (gpuEvent.Kind == GpuEventKind.Xid)
        {
            var number = gpuEvent.Data.ToString(CultureInfo.InvariantCulture);
            var meaning = XidTable.Default.Find(gpuEvent.Data).Meaning;
            var instance = gpuEvent.GpuInstanceId is { } id
                ? string.Create(CultureInfo.InvariantCulture, $", GPU instance {id}")
                : "";
            Add("xid", gpuEvent.GpuUuid, $"XID {number}: {meaning}{instance}.");
        }
        else if (gpuEvent.Kind == GpuEventKind.SwitchError)
        {
            Add("xid", null, string.Create(CultureInfo.InvariantCulture, $"SXid {gpuEvent.Data}: {gpuEvent.Text}."));
        }
    }

    /// <summary>Tells what differs from the inventory before.</summary>
    public void See(Inventory inventory)
    {
        var before = Interlocked.Exchange(ref _inventory, inventory);
        if (before?.Driver != inventory.Driver)
        {
            var driver = inventory.Driver;
            Add("driver", null, driver.IsLoaded
                ? $"The driver {driver.Version} can be used; {inventory.Devices.Length} devices are offered."
                : $"The driver cannot be used ({DriverStateWord.Of(driver.State)}): {driver.Reason}");
        }

        SeeHealth(before?.Devices ?? [], inventory.Devices);
    }

    // Replicas and instances share causes: one line for each cause and GPU.
    private void SeeHealth(ImmutableArray<InventoryDevice> before, ImmutableArray<InventoryDevice> now)
    {
        var old = before.ToDictionary(device => device.Id, device => device.Health, StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var device in now)
        {
            var was = old.GetValueOrDefault(device.Id, DeviceHealth.Healthy);
            var (gpu, health) = (device.Gpu.PhysicalUuid, device.Health);
            if ((was.State, was.Cause) != (health.State, health.Cause) && told.Add($"{gpu} {health.State} {health.Cause}"))
            {
                Add(
                    health.State == HealthState.Healthy ? "well" : "ill", gpu,
                    health.State == HealthState.Healthy ? "Healthy again." : Describe(health));
            }
        }
    }

    private static string Describe(DeviceHealth health)
    {
        var cause = health.State == HealthState.Reported ? $"not withheld: {health.Cause}" : health.Cause;
        return health.Advice.Length > 0 ? $"{cause}; {health.Advice}." : $"{cause}.";
    }

    private void Add(string kind, string? gpu, string text)
    {
        lock (_gate)
        {
            _events.Enqueue(new StatusEvent(time.GetUtcNow(), kind, gpu, text));
            if (_events.Count > Most)
            {
                _events.Dequeue();
            }
        }
    }
}
