using System.Buffers;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Hardware.State;

/// <summary>
/// The state file's content. Written by hand: the serializer, even with generated contracts, adds half a megabyte to the
/// executable.
/// </summary>
internal static class HealthJson
{
    private const int Version = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static byte[] Write(HealthMemory memory)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartObject("memory");
            json.WriteStartArray("causes");
            foreach (var cause in memory.Causes)
            {
                Write(json, cause);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">The text is not what <see cref="Write(HealthMemory)"/> writes.</exception>
    public static HealthMemory Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            if (root.GetProperty("version").GetInt32() != Version)
            {
                throw new JsonException($"it has version {root.GetProperty("version")}, and {Version} is known here");
            }

            var causes = root.GetProperty("memory").GetProperty("causes");
            return new HealthMemory([.. causes.EnumerateArray().Select(ReadCause)]);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is not of this plugin's format: {exception.Message}", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, RememberedCause cause)
    {
        json.WriteStartObject();
        json.WriteString("gpu", cause.Gpu);
        json.WriteString("fault", cause.Fault?.ToString());
        if (cause.Xid is { } xid)
        {
            json.WriteNumber("xid", xid);
        }

        json.WriteString("what", cause.What);
        json.WriteString("since", cause.Since);
        json.WriteString("instance", cause.Instance);
        if (cause.Load is { } load)
        {
            json.WriteStartObject("load");
            json.WriteString("boot_id", load.BootId);
            json.WriteString("module", load.Module);
            json.WriteEndObject();
        }

        json.WriteBoolean("was_recovery_needed", cause.WasRecoveryNeeded);
        if (cause.HeldUntil is { } heldUntil)
        {
            json.WriteString("held_until", heldUntil);
        }

        json.WriteEndObject();
    }

    private static RememberedCause ReadCause(JsonElement cause) => new(
        Text(cause, "gpu"), ReadFault(cause), Find(cause, "xid")?.GetInt64(), Text(cause, "what"),
        cause.GetProperty("since").GetDateTimeOffset())
    {
        Instance = Find(cause, "instance")?.GetString(),
        Load = Find(cause, "load") is { } load
            ? new DriverLoad(Find(load, "boot_id")?.GetString(), Find(load, "module")?.GetString())
            : null,
        WasRecoveryNeeded = cause.GetProperty("was_recovery_needed").GetBoolean(),
        HeldUntil = Find(cause, "held_until")?.GetDateTimeOffset(),
    };

    private static DeviceFaultKind? ReadFault(JsonElement cause) => Find(cause, "fault")?.GetString() switch
    {
        null => null,
        var word when Enum.TryParse<DeviceFaultKind>(word, out var fault) && Enum.IsDefined(fault) => fault,
        var word => throw new JsonException($"the fault \"{word}\" is not known here"),
    };

    private static string Text(JsonElement owner, string name) =>
        owner.GetProperty(name).GetString() ?? throw new JsonException($"{name} is null");

    private static JsonElement? Find(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
