using System.Buffers;
using System.Text.Json;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Operations;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.State;

/// <summary>The content of the file of cordons; by hand like <see cref="HealthJson"/>.</summary>
internal static class CordonJson
{
    private const int Version = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static byte[] Write(CordonRecord record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber(StateVersion.Member, Version);
            json.WriteStartArray("cordons");
            foreach (var cordon in record.Cordons)
            {
                json.WriteStartObject();
                WriteMembers(json, cordon);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteMembers(Utf8JsonWriter json, Cordon cordon)
    {
        json.WriteString("gpu", cordon.Gpu);
        json.WriteString("board_serial", cordon.BoardSerial);
        json.WriteString("reason", cordon.Reason);
        json.WriteString("by", cordon.By);
        json.WriteString("since", cordon.Since);
    }

    /// <exception cref="JsonException">The text is not what <see cref="Write"/> writes.</exception>
    public static CordonRecord Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            StateVersion.Check(root, Version);

            return new CordonRecord([.. root.GetProperty("cordons").EnumerateArray().Select(ReadCordon)]);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is not in this plugin's format: {exception.Message}", exception);
        }
    }

    public static Cordon ReadCordon(JsonElement cordon) => new(
        Text(cordon, "gpu"), OneLine.Of(Text(cordon, "reason"), OneLine.MostReason),
        OneLine.Of(Text(cordon, "by"), OneLine.MostCaller), cordon.GetProperty("since").GetDateTimeOffset())
    {
        BoardSerial = cordon.TryGetProperty("board_serial", out var serial) ? serial.GetString() : null,
    };
}
