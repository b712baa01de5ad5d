using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Writing;

/// <summary>Writes a scenario in the order of the schema, NOT_SUPPORTED keys of a GPU left out.</summary>
internal static class ScenarioWriter
{
    private static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        // The file is read by people and JSON readers, never embedded in a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(Scenario scenario)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, scenario);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter writer, Scenario scenario)
    {
        writer.WriteStartObject();
        writer.WriteString(ScenarioKeys.Description.Name, scenario.Description);
        if (scenario.Source is { } source)
        {
            writer.WriteString(ScenarioKeys.Source.Name, source);
        }

        WriteGroup(writer, "driver", scenario.Driver, DriverKeys.Group);
        WriteGroup(writer, "system", scenario.System, SystemKeys.Group);
        writer.WriteStartArray("gpus");
        foreach (var gpu in scenario.Gpus)
        {
            WriteGpu(writer, gpu);
        }

        writer.WriteEndArray();
        WriteList(writer, "patterns", scenario.Patterns, item => item.Values.WriteGroup(writer, PatternKeys.Group));
        WriteList(writer, "timeline", scenario.Timeline, item => WriteTimelineEntry(writer, item));
        WriteList(writer, "calls", scenario.Calls, item => item.Values.WriteGroup(writer, CallKeys.Group));
        writer.WriteEndObject();
    }

    private static void WriteGpu(Utf8JsonWriter writer, KeyedValues gpu)
    {
        writer.WriteStartObject();
        gpu.WriteKeys(writer, GpuKeys.Group);
        foreach (var group in GpuGroups.Nested)
        {
            WriteGroup(writer, group.Name, gpu, group);
        }

        writer.WriteEndObject();
    }

    private static void WriteTimelineEntry(Utf8JsonWriter writer, TimelineEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteString(TimelineKeys.Id.Name, entry.Id);
        writer.WriteNumber(TimelineKeys.At.Name, entry.At.TotalSeconds);
        if (entry.Gpu is { } gpu)
        {
            writer.WritePropertyName(TimelineKeys.Gpu.Name);
            TimelineKeys.Gpu.Write(writer, (object)gpu);
        }

        if (entry.Set is { } set)
        {
            writer.WritePropertyName("set");
            WriteGpu(writer, set);
        }

        WriteGroup(writer, "driver", entry.Driver, DriverKeys.Group);
        WriteGroup(writer, "system", entry.System, SystemKeys.Group);
        WriteGroup(writer, "event", entry.Event, EventKeys.Group);
        writer.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter writer, string name, KeyedValues? values, KeyGroup group)
    {
        if (values?.Keys.Any(key => key.Group == group) == true)
        {
            writer.WritePropertyName(name);
            values.WriteGroup(writer, group);
        }
    }

    private static void WriteList<T>(
        Utf8JsonWriter writer, string name, IReadOnlyCollection<T> items, Action<T> writeItem)
    {
        if (items.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var item in items)
        {
            writeItem(item);
        }

        writer.WriteEndArray();
    }
}
