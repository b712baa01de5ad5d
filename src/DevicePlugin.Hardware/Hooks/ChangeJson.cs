using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.State;

namespace DevicePlugin.Hardware.Hooks;

/// <summary>
/// What the program of <c>health.on_change</c> reads. Compact, each device beginning with its id, so that a shell script finds
/// what it needs without a parser: inside a text every quote is escaped.
/// </summary>
internal static class ChangeJson
{
    private const int SchemaVersion = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(ConditionChanges changes, string node, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("schema_version", SchemaVersion);
            json.WriteString("node", node);
            json.WriteString("time", now);
            json.WriteBoolean("simulated", changes.IsSimulated);
            json.WriteStartArray("devices");
            foreach (var device in changes.Devices)
            {
                Write(json, device);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, DeviceCondition condition)
    {
        var (device, gpu) = (condition.Device, condition.Device.Gpu);
        json.WriteStartObject();
        json.WriteString("id", gpu.Uuid);
        json.WriteString("gpu", gpu.PhysicalUuid);
        json.WriteString("model", gpu.Name);
        json.WriteString("board_serial", gpu.Facts.BoardSerial);
        json.WriteString("pci_bus_id", gpu.PciBusId);
        json.WriteString("state", condition.State);
        json.WriteBoolean("withheld", condition.IsWithheld);
        json.WriteString("description", device.Health.Description);
        WriteCordon(json, condition);
        json.WriteStartArray("causes");
        foreach (var cause in condition.Causes)
        {
            RequestJson.Write(json, cause);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteCordon(Utf8JsonWriter json, DeviceCondition condition)
    {
        if (condition.Device.Cordon is not { } text)
        {
            json.WriteNull("cordon");
            return;
        }

        json.WriteStartObject("cordon");
        json.WriteString("text", text);
        if (condition.Cordon is { } cordon)
        {
            CordonJson.WriteMembers(json, cordon);
        }

        json.WriteEndObject();
    }
}
