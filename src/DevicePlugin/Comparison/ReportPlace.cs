using System.Globalization;
using System.Text.Json;

namespace DevicePlugin.Comparison;

/// <summary>Where the plugin reports a value of one GPU; null when it reports none.</summary>
/// <param name="name">As the table and the test's name show it.</param>
/// <param name="isOfGroup">One value for a group of equal GPUs: left out where they differ.</param>
internal sealed class ReportPlace(string name, bool isOfGroup, Func<ReportedGpu, string?> read)
{
    public string Name => name;

    public bool IsOfGroup => isOfGroup;

    public static readonly ReportPlace DeviceId = new("device id", false, gpu => gpu.Uuid);

    public static readonly ReportPlace DevicePci = new(
        "device pci_bus_id", false, gpu => gpu.PciBusId);

    public static readonly ReportPlace GroupName = new(
        "group name", false, gpu => gpu.GroupName);

    public static readonly ReportPlace GpuCount = new(
        "number of GPUs", false, gpu => gpu.Report.GpuCount.ToString(CultureInfo.InvariantCulture));

    public static ReportPlace Driver(string key) => new(
        $"driver {key}", false, gpu => gpu.Report.Fingerprint.GetProperty("driver").GetProperty(key).GetString());

    public static ReportPlace Attribute(string name) => new(
        $"attribute {name}",
        true,
        gpu => gpu.Group.GetProperty("attributes").TryGetProperty(name, out var attribute)
            ? Text(attribute.GetProperty("value"))
            : null);

    /// <param name="path">As values.md has it: <c>Clocks/SM</c>.</param>
    public static ReportPlace Statistic(string path) => new(
        $"statistic {path}",
        false,
        gpu => Find(gpu.Statistics, path) is { } found
            && (found.TryGetProperty("numerator", out var number) || found.TryGetProperty("value", out number))
                ? Text(number)
                : null);

    /// <summary>The second number of a statistic that is one of another.</summary>
    public static ReportPlace Total(string path) => new(
        $"denominator of {path}",
        false,
        gpu => Find(gpu.Statistics, path) is { } found && found.TryGetProperty("denominator", out var total)
            ? Text(total)
            : null);

    public string? Read(ReportedGpu gpu) => read(gpu);

    private static JsonElement? Find(JsonElement statistics, string path)
    {
        foreach (var part in path.Split('/'))
        {
            if (statistics.ValueKind != JsonValueKind.Object || !statistics.TryGetProperty(part, out statistics))
            {
                return null;
            }
        }

        return statistics.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() == "N/A"
                ? null
                : statistics;
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
