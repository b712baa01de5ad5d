using System.Buffers;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using static DevicePlugin.Hardware.State.JsonMember;

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
            json.WriteNumber(StateVersion.Member, Version);
            if (memory.Saved is { } saved)
            {
                json.WriteStartObject("saved");
                json.WriteString("boot_id", saved.BootId);
                json.WriteNumber("uptime", saved.Uptime.TotalSeconds);
                json.WriteString("at", saved.At);
                json.WriteEndObject();
            }

            json.WriteStartObject("memory");
            json.WriteStartArray("causes");
            foreach (var cause in memory.Causes)
            {
                Write(json, cause);
            }

            json.WriteEndArray();
            json.WriteStartArray("flaps");
            foreach (var flap in memory.Flaps)
            {
                Write(json, flap);
            }

            json.WriteEndArray();
            json.WriteStartArray("graces");
            foreach (var grace in memory.Graces)
            {
                Write(json, grace);
            }

            json.WriteEndArray();
            json.WriteStartArray("contained");
            foreach (var contained in memory.Contained)
            {
                json.WriteStartObject();
                json.WriteString("gpu", contained.Gpu);
                Write(json, contained.Load);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("clears");
            foreach (var clear in memory.Clears)
            {
                json.WriteStartObject();
                json.WriteString("gpu", clear.Gpu);
                json.WriteString("boot_id", clear.Line.BootId);
                json.WriteNumber("sequence", clear.Line.Sequence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (memory.JudgedLine is { } line)
            {
                json.WriteStartObject("judged_line");
                json.WriteString("boot_id", line.BootId);
                json.WriteNumber("sequence", line.Sequence);
                json.WriteEndObject();
            }

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
            StateVersion.Check(root, Version);

            var memory = root.GetProperty("memory");
            return new HealthMemory([.. memory.GetProperty("causes").EnumerateArray().Select(ReadCause)])
            {
                JudgedLine = Find(memory, "judged_line") is { } line
                    ? new KernelLogPosition(Find(line, "boot_id")?.GetString(), line.GetProperty("sequence").GetInt64())
                    : null,
                Saved = Find(root, "saved") is { } saved
                    ? new BootMoment(
                        Text(saved, "boot_id"), TimeSpan.FromSeconds(Math.Clamp(saved.GetProperty("uptime").GetDouble(), 0, uint.MaxValue)),
                        saved.GetProperty("at").GetDateTimeOffset())
                    : null,
                Flaps = Find(memory, "flaps") is { } flaps ? [.. flaps.EnumerateArray().Select(ReadFlap)] : [],
                Graces = Find(memory, "graces") is { } graces ? [.. graces.EnumerateArray().Select(ReadGrace)] : [],
                Contained = Find(memory, "contained") is { } contained
                    ? [.. contained.EnumerateArray().Select(gpu => new RememberedContainment(Text(gpu, "gpu"), ReadLoad(gpu)))]
                    : [],
                Clears = Find(memory, "clears") is { } clears
                    ? [.. clears.EnumerateArray().Where(gpu => Find(gpu, "sequence") is not null).Select(gpu => new RememberedClear(
                        Text(gpu, "gpu"),
                        new KernelLogPosition(Find(gpu, "boot_id")?.GetString(), gpu.GetProperty("sequence").GetInt64())))]
                    : [],
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new JsonException($"it is not of this plugin's format: {exception.Message}", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, RememberedCause cause)
    {
        json.WriteStartObject();
        WriteKey(json, cause.Gpu, cause.Fault, cause.Xid, cause.Instance);
        json.WriteString("what", cause.What);
        json.WriteString("since", cause.Since);
        Write(json, cause.Load);
        json.WriteString("last_seen", cause.LastSeen);
        json.WriteNumber("occurrences", cause.Occurrences);
        if (cause.HeldUntil is { } heldUntil)
        {
            json.WriteString("held_until", heldUntil);
        }

        if (cause.Advice is { } advice)
        {
            json.WriteString("advice", advice);
        }

        if (cause.OverSince is { } overSince)
        {
            json.WriteString("over_since", overSince);
        }

        if (cause.Onsets > 0)
        {
            json.WriteNumber("onsets", cause.Onsets);
        }

        if (cause.IsDeclaredReset)
        {
            json.WriteBoolean("declared_reset", true);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DriverLoad? load)
    {
        if (load is not null)
        {
            json.WriteStartObject("load");
            json.WriteString("boot_id", load.BootId);
            json.WriteString("module", load.Module);
            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, RememberedGrace grace)
    {
        json.WriteStartObject();
        WriteKey(json, grace.Gpu, grace.Fault, xid: null, instance: null);
        json.WriteString("since", grace.Since);
        Write(json, grace.Load);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RememberedFlap flap)
    {
        json.WriteStartObject();
        WriteKey(json, flap.Gpu, flap.Fault, flap.Xid, flap.Instance);
        json.WriteNumber("level", flap.Level);
        json.WriteStartArray("onsets");
        foreach (var onset in flap.Onsets)
        {
            json.WriteStringValue(onset);
        }

        json.WriteEndArray();
        if (flap.Cleared is { } cleared)
        {
            json.WriteString("cleared", cleared);
        }

        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, string gpu, DeviceFaultKind? fault, long? xid, string? instance)
    {
        json.WriteString("gpu", gpu);
        json.WriteString("fault", fault?.ToString());
        if (xid is { } code)
        {
            json.WriteNumber("xid", code);
        }

        json.WriteString("instance", instance);
    }

    private static RememberedFlap ReadFlap(JsonElement flap) => new(
        Text(flap, "gpu"), ReadFault(flap), Find(flap, "xid")?.GetInt64(), flap.GetProperty("level").GetInt32())
    {
        Instance = Find(flap, "instance")?.GetString(),
        Onsets = [.. flap.GetProperty("onsets").EnumerateArray().Select(onset => onset.GetDateTimeOffset())],
        Cleared = Find(flap, "cleared")?.GetDateTimeOffset(),
    };

    private static RememberedCause ReadCause(JsonElement cause) => new(
        Text(cause, "gpu"), ReadFault(cause), Find(cause, "xid")?.GetInt64(), Text(cause, "what"),
        cause.GetProperty("since").GetDateTimeOffset())
    {
        Instance = Find(cause, "instance")?.GetString(),
        Load = ReadLoad(cause),
        LastSeen = Find(cause, "last_seen")?.GetDateTimeOffset() ?? cause.GetProperty("since").GetDateTimeOffset(),
        Occurrences = Find(cause, "occurrences")?.GetInt64() ?? 1,
        HeldUntil = Find(cause, "held_until")?.GetDateTimeOffset(),
        Advice = Find(cause, "advice")?.GetString(),
        OverSince = Find(cause, "over_since")?.GetDateTimeOffset(),
        Onsets = Find(cause, "onsets")?.GetInt32() ?? 0,
        IsDeclaredReset = Find(cause, "declared_reset")?.GetBoolean() ?? false,
    };

    private static RememberedGrace ReadGrace(JsonElement grace) => new(
        Text(grace, "gpu"), ReadFault(grace) ?? throw new JsonException("fault is null"),
        grace.GetProperty("since").GetDateTimeOffset(), ReadLoad(grace));

    private static DriverLoad? ReadLoad(JsonElement owner) => Find(owner, "load") is { } load
        ? new DriverLoad(Find(load, "boot_id")?.GetString(), Find(load, "module")?.GetString())
        : null;

    private static DeviceFaultKind? ReadFault(JsonElement cause) => Find(cause, "fault")?.GetString() switch
    {
        null => null,
        var word when Enum.TryParse<DeviceFaultKind>(word, out var fault) && Enum.IsDefined(fault) => fault,
        var word => throw new JsonException($"the fault \"{word}\" is not known here"),
    };
}
