using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Nomad.Protocol;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.Output;

/// <summary>An inventory as stable JSON. A key may be added, never renamed.</summary>
internal static class FingerprintJson
{
    private const int SchemaVersion = 1;

    public static void Write(
        Utf8JsonWriter writer, string pluginVersion, DriverStatus driver, FingerprintResponse fingerprint)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schema_version", SchemaVersion);
        writer.WriteString("plugin_version", pluginVersion);
        WriteDriver(writer, driver);
        WriteGroups(writer, fingerprint);
        writer.WriteEndObject();
    }

    /// <summary>The property <c>groups</c> alone, for the object that the caller is writing.</summary>
    public static void WriteGroups(Utf8JsonWriter writer, FingerprintResponse fingerprint)
    {
        writer.WriteStartArray("groups");
        foreach (var group in fingerprint.DeviceGroup)
        {
            WriteGroup(writer, group);
        }

        writer.WriteEndArray();
    }

    private static void WriteDriver(Utf8JsonWriter writer, DriverStatus driver)
    {
        writer.WriteStartObject("driver");
        writer.WriteString("state", DriverStateWord.Of(driver.State));
        writer.WriteString("version", driver.Version);
        writer.WriteString("cuda", driver.Cuda?.ToString());
        writer.WriteString("reason", driver.Reason);
        writer.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter writer, DeviceGroup group)
    {
        writer.WriteStartObject();
        writer.WriteString("vendor", group.Vendor);
        writer.WriteString("type", group.DeviceType);
        writer.WriteString("name", group.DeviceName);
        writer.WriteStartObject("attributes");
        foreach (var (name, attribute) in group.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            WriteAttribute(writer, name, attribute);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("devices");
        foreach (var device in group.Devices)
        {
            WriteDevice(writer, device);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteAttribute(Utf8JsonWriter writer, string name, Attribute attribute)
    {
        writer.WriteStartObject(name);
        switch (attribute.ValueCase)
        {
            case Attribute.ValueOneofCase.FloatVal:
                JsonLine.WriteNumber(writer, "value", attribute.FloatVal);
                break;
            case Attribute.ValueOneofCase.IntVal:
                writer.WriteNumber("value", attribute.IntVal);
                break;
            case Attribute.ValueOneofCase.StringVal:
                writer.WriteString("value", attribute.StringVal);
                break;
            case Attribute.ValueOneofCase.BoolVal:
                writer.WriteBoolean("value", attribute.BoolVal);
                break;
            default:
                writer.WriteNull("value");
                break;
        }

        if (attribute.Unit.Length > 0)
        {
            writer.WriteString("unit", attribute.Unit);
        }

        writer.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter writer, DetectedDevice device)
    {
        writer.WriteStartObject();
        writer.WriteString("id", device.ID);
        writer.WriteBoolean("healthy", device.Healthy);
        writer.WriteString("health_description", device.HealthDescription);
        if (device.HwLocality is { PciBusId.Length: > 0 } locality)
        {
            writer.WriteString("pci_bus_id", locality.PciBusId);
        }

        writer.WriteEndObject();
    }
}
