using System.Globalization;
using System.Xml.Linq;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>nvidia-smi's texts as the plugin writes the same: a number without its unit, a lower-case word.</summary>
internal static class SmiValue
{
    // N/A is "not supported"; a deprecated function answers nothing any more.
    private static readonly string[] Absent = ["N/A", "Requested functionality has been deprecated", ""];

    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["clocks_event_reason_gpu_idle"] = "idle",
        ["clocks_event_reason_applications_clocks_setting"] = "application clocks setting",
        ["clocks_event_reason_sw_power_cap"] = "software power cap",
        ["clocks_event_reason_hw_slowdown"] = "hardware slowdown",
        ["clocks_event_reason_sync_boost"] = "sync boost",
        ["clocks_event_reason_sw_thermal_slowdown"] = "software thermal slowdown",
        ["clocks_event_reason_hw_thermal_slowdown"] = "hardware thermal slowdown",
        ["clocks_event_reason_hw_power_brake_slowdown"] = "hardware power brake",
        ["clocks_event_reason_display_clocks_setting"] = "display clocks setting",
    };

    public static string? Text(XElement element) => Absent.Contains(element.Value.Trim()) ? null : element.Value.Trim();

    public static string? Word(XElement element) =>
        Text(element)?.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal);

    /// <summary>"Ada Lovelace" is ada.</summary>
    public static string? FirstWord(XElement element) => Word(element)?.Split(' ')[0];

    /// <summary>"15360 MiB", "16x", "640 bank(s)"; fractions are rounded, as whole watts are reported.</summary>
    public static string? Number(XElement element) => Decimal(element) is { } number
        ? Math.Round(number).ToString("0", CultureInfo.InvariantCulture)
        : null;

    public static string? Flag(XElement element) => Text(element) switch
    {
        null => null,
        "Yes" => "true",
        _ => "false",
    };

    /// <summary>"00000000:00:1E.0" as sysfs has it, 0000:00:1e.0.</summary>
    public static string? PciBusId(XElement element) => Text(element)?.ToLowerInvariant()[4..];

    public static string? Major(XElement element) => Text(element)?.Split('.')[0];

    public static string? Minor(XElement element) => Text(element)?.Split('.')[1];

    /// <summary>Sum of the children whose name has the word, that of SRAM's two kinds included.</summary>
    public static Func<XElement, string?> Sum(string word) => element =>
    {
        var counts = element.Elements().Where(child => child.Name.LocalName.Contains(word, StringComparison.Ordinal))
            .Select(Decimal).ToList();
        return counts.TrueForAll(count => count is null)
            ? null
            : counts.Sum()?.ToString("0", CultureInfo.InvariantCulture);
    };

    public static string? ActiveReasons(XElement element)
    {
        var active = element.Elements().Where(reason => reason.Value == "Active")
            .Select(reason => reason.Name.LocalName).ToHashSet();
        var words = Reasons.Where(reason => active.Remove(reason.Key)).Select(reason => reason.Value).ToList();
        Assert.That(active, Is.Empty, "reasons without a word");
        return words.Count == 0 ? "none" : string.Join(", ", words);
    }

    /// <summary>Processes of a type, "C" or "G".</summary>
    public static Func<XElement, string?> Processes(char type) => element => element.Elements("process_info")
        .Count(process => process.Element("type")!.Value.Contains(type, StringComparison.Ordinal))
        .ToString(CultureInfo.InvariantCulture);

    /// <summary>MB/s of the link at its best: transfers less the line code (8b/10b, later 128b/130b).</summary>
    public static string? Bandwidth(XElement link)
    {
        var generation = (int)Decimal(link.Element("pcie_gen")!.Element("max_link_gen")!)!;
        var lanes = (int)Decimal(link.Element("link_widths")!.Element("max_link_width")!)!;
        decimal[] megatransfers = [2500, 5000, 8000, 16000, 32000];
        var code = generation <= 2 ? 8m / 10 : 128m / 130;
        var lane = Math.Round(megatransfers[generation - 1] * code / 8);
        return (lane * lanes).ToString("0", CultureInfo.InvariantCulture);
    }

    /// <summary>An action that NVML asks for makes the GPU unhealthy.</summary>
    public static string? HealthState(XElement element) => element.Value.Trim() == "None" ? "healthy" : "unhealthy";

    private static decimal? Decimal(XElement element)
    {
        if (Text(element) is not { } text)
        {
            return null;
        }

        var number = text.TakeWhile(character => char.IsAsciiDigit(character) || character is '-' or '.');
        return decimal.Parse(string.Concat(number), CultureInfo.InvariantCulture);
    }
}
