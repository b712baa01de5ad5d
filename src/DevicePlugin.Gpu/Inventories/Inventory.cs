using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// What the node offers at one moment: immutable, shared by reference. Two inventories are equal when there is nothing new
/// to tell.
/// </summary>
public sealed record Inventory
{
    private readonly Dictionary<string, InventoryDevice> _byId;

    public static readonly Inventory Empty = new(new DriverStatus(DriverState.NotLoaded, "not looked for yet"), [], false);

    public Inventory(DriverStatus driver, IEnumerable<InventoryDevice> devices, bool isSimulated)
    {
        Driver = driver;
        IsSimulated = isSimulated;
        Devices = [.. devices.OrderBy(device => device, DeviceOrder.Instance)];
        _byId = new Dictionary<string, InventoryDevice>(Devices.Length, StringComparer.Ordinal);
        Physical = Index();
        Groups = [.. Devices
            .GroupBy(device => device.GroupName, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new InventoryGroup(group.Key, [.. group]))];
    }

    public DriverStatus Driver { get; }

    /// <summary>True when the devices come from a scenario.</summary>
    public bool IsSimulated { get; }

    /// <summary>In the order of their PCI address, then of their MIG instance, then of their replica.</summary>
    public ImmutableArray<InventoryDevice> Devices { get; }

    /// <summary>
    /// One device for each GPU and MIG instance, the first of its replicas: they have everything in common but the number.
    /// </summary>
    public ImmutableArray<InventoryDevice> Physical { get; }

    /// <summary>The same devices by <see cref="InventoryDevice.GroupName"/>, in its order.</summary>
    public ImmutableArray<InventoryGroup> Groups { get; }

    /// <summary>Null when no device has the id.</summary>
    public InventoryDevice? Find(string id) => _byId.GetValueOrDefault(id);

    public bool Equals(Inventory? other) =>
        other is not null
        && Driver == other.Driver
        && IsSimulated == other.IsSimulated
        && Devices.AsSpan().SequenceEqual(other.Devices.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Driver, IsSimulated, Devices.Length);

    // Replicas stand together, since they are sorted by what they have in common first.
    private ImmutableArray<InventoryDevice> Index()
    {
        var physical = ImmutableArray.CreateBuilder<InventoryDevice>();
        foreach (var device in Devices)
        {
            _byId.TryAdd(device.Id, device);
            if (physical.Count == 0 || physical[^1].Gpu.Uuid != device.Gpu.Uuid)
            {
                physical.Add(device);
            }
        }

        return physical.ToImmutable();
    }
}
