using System.Text.Json;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Comparison;

/// <summary>The table of differences: two lines each, so that it fits into 80 columns.</summary>
internal static class ComparisonView
{
    public static void Write(IAnsiConsole console, SmiComparison comparison)
    {
        if (comparison.Differences.Count == 0)
        {
            return;
        }

        var table = PlainTable.Create("GPU", "FIELD", "VALUE");
        foreach (var difference in comparison.Differences)
        {
            table.AddRow(new Text(difference.Gpu), new Text(difference.Field), new Text(difference.Smi));
            table.AddRow(new Text(""), new Text(difference.Place), new Text(difference.Plugin ?? "not reported"));
        }

        console.WriteLine();
        console.WriteLine("Where nvidia-smi (first line) and the plugin (second line) differ:");
        PlainTable.Write(console, table);
    }

    public static void WriteJson(Utf8JsonWriter writer, SmiComparison comparison)
    {
        writer.WriteStartObject("nvidia_smi");
        writer.WriteNumber("gpus", comparison.Gpus);
        writer.WriteNumber("values", comparison.Values);
        writer.WriteStartArray("differences");
        foreach (var difference in comparison.Differences)
        {
            writer.WriteStartObject();
            writer.WriteString("gpu", difference.Gpu);
            writer.WriteString("field", difference.Field);
            writer.WriteString("nvidia_smi", difference.Smi);
            writer.WriteString("reported_as", difference.Place);
            writer.WriteString("plugin", difference.Plugin);
            writer.WriteBoolean("moves", difference.Moves);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
