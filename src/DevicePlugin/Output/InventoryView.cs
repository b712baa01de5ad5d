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
        var rows = ReplicaRanges.Fold(
            group.Devices.Select(device => KeyValuePair.Create(device.ID, device)),
            (one, other) => one.Healthy == other.Healthy && one.HealthDescription == other.HealthDescription);
        var memory = group.Attributes.TryGetValue(MemoryAttribute, out var attribute) ? ValueText.Of(attribute) : "-";

        // The ids of replicas are longer, and 80 columns have no room for a value that is the same in every row.
        var isFolded = rows.Count < group.Devices.Count;
        console.Write(new Text(group.DeviceName, new Style(decoration: Decoration.Bold)));
        console.WriteLine($"  {group.Vendor}/{group.DeviceType}, " + (isFolded
            ? $"{Counted.Of(group.Devices.Count, "replica")} of {Counted.Of(rows.Count, "device")}, {memory} each"
            : Counted.Of(group.Devices.Count, "device")));

        string[] headers = isFolded ? ["Device id", "PCI bus id", "Health"] : ["Device id", "Memory", "PCI bus id", "Health"];
        var table = PlainTable.Create(headers);
        foreach (var (id, device) in rows)
        {
            var address = device.HwLocality is { PciBusId.Length: > 0 } locality ? locality.PciBusId : "-";
            string[] cells = isFolded ? [id, address] : [id, memory, address];
            var health = device.Healthy ? new Text("healthy", Color.Green) : new Text("unhealthy", Color.Red);
            table.AddRow([.. cells.Select(cell => new Text(cell)), health]);
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
