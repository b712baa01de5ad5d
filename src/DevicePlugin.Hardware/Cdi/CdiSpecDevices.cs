using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.Cdi;

/// <param name="Name">Of the device in the spec.</param>
/// <param name="Nodes">Below the folder of the nodes.</param>
internal sealed record CdiSpecDevice(string Name, ImmutableArray<string> Nodes);

/// <summary>The devices that a spec can have, each by its UUID and by its index.</summary>
internal static class CdiSpecDevices
{
    /// <summary>None twice; empty when nothing can be handed out.</summary>
    public static List<CdiSpecDevice> Of(Inventory inventory, NodeFiles files)
    {
        var found = new List<CdiSpecDevice>();
        var indexes = FindIndexes(inventory);
        foreach (var device in inventory.Physical)
        {
            // A device that lacks a node would start a task that cannot use it; without an entry the runtime says so.
            if (files.Find(device.Gpu.Uuid) is not { Nodes.IsEmpty: false } of
                || CdiNames.FindSpecObstacle(device.Gpu, files) is not null)
            {
                continue;
            }

            if (DeviceUuid.IsPathComponent(device.Gpu.Uuid))
            {
                found.Add(new CdiSpecDevice(device.Gpu.Uuid, of.Nodes));
            }

            if (IndexOf(device.Gpu) is { } index && indexes[index] == device.Gpu.Uuid)
            {
                found.Add(new CdiSpecDevice(index, of.Nodes));
            }
        }

        return found;
    }

    // A GPU that is gone may have had an index that another one has now; the one that can be used is meant.
    private static Dictionary<string, string> FindIndexes(Inventory inventory)
    {
        var holders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var device in inventory.Physical.OrderByDescending(device => device.Health.IsUsable))
        {
            if (IndexOf(device.Gpu) is { } index)
            {
                holders.TryAdd(index, device.Gpu.Uuid);
            }
        }

        return holders;
    }

    // A GPU that NVML does not list has the index -1.
    private static string? IndexOf(GpuDevice gpu) =>
        gpu.Index < 0 ? null
        : gpu.Mig is null ? gpu.Index.ToString(CultureInfo.InvariantCulture)
        : gpu.Mig.Slot is { } slot ? string.Create(CultureInfo.InvariantCulture, $"{gpu.Index}:{slot}")
        : null;
}
