using System.Globalization;
using System.Text.Json;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Output;

/// <summary>One sample of statistics as stable JSON. A key may be added, never renamed.</summary>
internal static class StatisticsJson
{
    /// <param name="writer">Receives one object.</param>
    /// <param name="statistics">The devices' own timestamps are one and the same within a sample.</param>
    /// <param name="received">Stands for the timestamp when there is no device to give one.</param>
    public static void Write(Utf8JsonWriter writer, StatsResponse statistics, DateTimeOffset received)
    {
        writer.WriteStartObject();
        writer.WriteNumber("schema_version", JsonLine.SchemaVersion);
        WriteMembers(writer, statistics, received);
        writer.WriteEndObject();
    }

    /// <summary>The members alone, for the object that the caller is writing.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, StatsResponse statistics, DateTimeOffset received)
    {
        writer.WriteString("timestamp", FindTimestamp(statistics) ?? Format(received));
        writer.WriteStartArray("groups");
        foreach (var group in statistics.Groups)
        {
            WriteGroup(writer, group);
        }

        writer.WriteEndArray();
    }

    private static string? FindTimestamp(StatsResponse statistics) => statistics.Groups
        .SelectMany(group => group.InstanceStats.Values)
        .Where(device => device.Timestamp is not null)
        .Select(device => device.Timestamp.ToDateTimeOffset())
        .OrderDescending()
        .Select(Format)
        .FirstOrDefault();

    private static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static void WriteGroup(Utf8JsonWriter writer, DeviceGroupStats group)
    {
        writer.WriteStartObject();
        writer.WriteString("vendor", group.Vendor);
        writer.WriteString("type", group.Type);
        writer.WriteString("name", group.Name);
        writer.WriteStartObject("instances");
        foreach (var (id, device) in group.InstanceStats.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject(id);
            WriteValue(writer, "summary", device.Summary ?? new StatValue());
            WriteObject(writer, "stats", device.Stats ?? new StatObject());
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteObject(Utf8JsonWriter writer, string name, StatObject values)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in values.Attributes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            WriteValue(writer, key, value);
        }

        foreach (var (key, nested) in values.Nested.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            WriteObject(writer, key, nested);
        }

        writer.WriteEndObject();
    }

    // Nomad's own precedence where a value has several forms: bool, text, float, integer (api/nodes.go).
    private static void WriteValue(Utf8JsonWriter writer, string name, StatValue value)
    {
        writer.WriteStartObject(name);
        if (value.BoolVal is { } boolean)
        {
            writer.WriteBoolean("value", boolean);
        }
        else if (value.StringVal is { } text)
        {
            writer.WriteString("value", text);
        }
        else if (value.FloatNumeratorVal is { } numerator)
        {
            WriteFraction(writer, numerator, value.FloatDenominatorVal, JsonLine.WriteNumber);
        }
        else if (value.IntNumeratorVal is { } whole)
        {
            WriteFraction(writer, whole, value.IntDenominatorVal, (json, key, number) => json.WriteNumber(key, number));
        }

        if (value.Unit.Length > 0)
        {
            writer.WriteString("unit", value.Unit);
        }

        writer.WriteEndObject();
    }

    private static void WriteFraction<T>(
        Utf8JsonWriter writer, T numerator, T? denominator, Action<Utf8JsonWriter, string, T> write)
        where T : struct
    {
        if (denominator is { } whole)
        {
            write(writer, "numerator", numerator);
            write(writer, "denominator", whole);
        }
        else
        {
            write(writer, "value", numerator);
        }
    }
}
