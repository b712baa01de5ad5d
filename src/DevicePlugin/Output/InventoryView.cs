using DevicePlugin.Nomad.Protocol;
using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>An inventory for a person: a heading for each model, a row for each device, replicas together.</summary>
internal static class InventoryView
{
    private const string MemoryAttribute = "memory";

    public static void Write(IAnsiConsole console, FingerprintResponse fingerprint, bool withAttributes = false)
    {
        if (fingerprint.DeviceGroup.Count == 0)
        {
            console.WriteLine("No devices.");
            return;
        }

        foreach (var group in fingerprint.DeviceGroup)
        {
            WriteGroup(console, group);
            if (withAttributes)
            {
                WriteAttributes(console, group);
            }
        }
    }

    private static void WriteGroup(IAnsiConsole console, DeviceGroup group)
    {
        console.Write(new Text(group.DeviceName, new Style(decoration: Decoration.Bold)));
        console.WriteLine($"  {group.Vendor}/{group.DeviceType}, {Counted.Of(group.Devices.Count, "device")}");

        var memory = group.Attributes.TryGetValue(MemoryAttribute, out var attribute) ? ValueText.Of(attribute) : "-";
        var table = PlainTable.Create("Device id", "Memory", "PCI bus id", "Health");
        var rows = ReplicaRanges.Fold(
            group.Devices.Select(device => KeyValuePair.Create(device.ID, device)),
            (one, other) => one.Healthy == other.Healthy && one.HealthDescription == other.HealthDescription);
        foreach (var (id, device) in rows)
        {
            table.AddRow(
                new Text(id),
                new Text(memory),
                new Text(device.HwLocality is { PciBusId.Length: > 0 } locality ? locality.PciBusId : "-"),
                device.Healthy ? new Text("healthy", Color.Green) : new Text("unhealthy", Color.Red));
        }

        PlainTable.Write(console, table);
        foreach (var (id, device) in rows.Where(row => row.Device.HealthDescription.Length > 0))
        {
            console.Write(new Text("  "));
            IndentedText.Write(console, 2, $"{id}: {device.HealthDescription}");
        }
    }

    private static void WriteAttributes(IAnsiConsole console, DeviceGroup group)
    {
        var table = PlainTable.Create("Attribute", "Value");
        foreach (var (name, attribute) in group.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            table.AddRow(new Text(name), new Text(ValueText.Of(attribute)));
        }

        PlainTable.Write(console, table);
    }
}
