using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>nvidia-smi's texts as the plugin writes the same: a number without its unit, a lower-case word.</summary>
internal static class SmiValue
{
    public const string Healthy = "healthy";

    // "Not supported", then NVML's errors in nvidia-smi's words; a deprecated function answers nothing any more.
    private static readonly string[] Absent =
    [
        "N/A", "Not Supported", "Unknown Error", "ERR!", "GPU is lost", "Insufficient Permissions",
        "Requested functionality has been deprecated", "",
    ];

    // The mean of a second first, as NVML prefers it.
    private static readonly string[] Draws = ["average_power_draw", "instant_power_draw", "power_draw"];

    // Before it is clocks_event, or clocks_throttle in older drivers.
    private const int ReasonWord = 8;

    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["gpu_idle"] = "idle",
        ["applications_clocks_setting"] = "application clocks setting",
        ["sw_power_cap"] = "software power cap",
        ["hw_slowdown"] = "hardware slowdown",
        ["sync_boost"] = "sync boost",
        ["sw_thermal_slowdown"] = "software thermal slowdown",
        ["hw_thermal_slowdown"] = "hardware thermal slowdown",
        ["hw_power_brake_slowdown"] = "hardware power brake",
        ["display_clocks_setting"] = "display clocks setting",
    };

    public static string? Text(SmiElement element) => Absent.Contains(element.Text.Trim()) ? null : element.Text.Trim();

    public static string? Word(SmiElement element) =>
        Text(element)?.ToLowerInvariant().Replace("-", "", StringComparison.Ordinal);

    /// <summary>"Ada Lovelace" is ada.</summary>
    public static string? FirstWord(SmiElement element) => Word(element)?.Split(' ')[0];

    /// <summary>"15360 MiB", "16x", "640 bank(s)"; fractions are rounded, as whole watts are reported.</summary>
    public static string? Number(SmiElement element) => Write(Value(element));

    public static string? Flag(SmiElement element) => Text(element) switch
    {
        "Yes" => "true",
        "No" => "false",
        _ => null,
    };

    /// <summary>"00000000:00:1E.0" as sysfs has it, 0000:00:1e.0: a domain of four digits or as many as it needs.</summary>
    public static string? PciBusId(SmiElement element) => Text(element)?.ToLowerInvariant().Split(':', 2) is [var domain, var rest]
        ? $"{domain.TrimStart('0').PadLeft(4, '0')}:{rest}"
        : null;

    public static string? Major(SmiElement element) => Text(element)?.Split('.')[0];

    public static string? Minor(SmiElement element) => Text(element)?.Split('.').ElementAtOrDefault(1);

    /// <summary>Sum of the children whose name has the word, that of SRAM's two kinds included.</summary>
    public static Func<SmiElement, string?> Sum(string word) => element =>
    {
        var sum = double.NaN;
        foreach (var child in element.Children)
        {
            if (child.Name.Contains(word, StringComparison.Ordinal) && Value(child) is var count && !double.IsNaN(count))
            {
                sum = double.IsNaN(sum) ? count : sum + count;
            }
        }

        return Write(sum);
    };

    /// <summary>In the plugin's order; a reason that it has no word for comes with its own name.</summary>
    public static string? ActiveReasons(SmiElement element)
    {
        var active = element.Children.Where(reason => reason.Text.Trim() == "Active")
            .Select(reason => reason.Name[(reason.Name.IndexOf("_reason_", StringComparison.Ordinal) + ReasonWord)..]).ToList();
        var words = Reasons.Where(reason => active.Remove(reason.Key)).Select(reason => reason.Value).Concat(active).ToList();
        return words.Count == 0 ? "none" : string.Join(", ", words);
    }

    /// <summary>Processes of a type, "C" or "G".</summary>
    public static Func<SmiElement, string?> Processes(char type) => element => element.Children
        .Count(process => process.Name == "process_info" && process.Child("type")?.Text.Contains(type, StringComparison.Ordinal) == true)
        .ToString(CultureInfo.InvariantCulture);

    /// <summary>MB/s of the link at its best: transfers less the line code (8b/10b, later 128b/130b, then 242 of 256 bytes).</summary>
    public static string? Bandwidth(SmiElement link)
    {
        if (link.Find("pcie_gen/max_link_gen") is not { } best || link.Find("link_widths/max_link_width") is not { } width
            || Value(best) is not (>= 1 and <= 6 and var generation))
        {
            return null;
        }

        double[] megatransfers = [2500, 5000, 8000, 16000, 32000, 64000];
        var code = generation <= 2 ? 8.0 / 10 : generation <= 5 ? 128.0 / 130 : 242.0 / 256;
        var lane = Math.Round(megatransfers[(int)generation - 1] * code / 8, MidpointRounding.AwayFromZero);
        return Write(lane * Value(width));
    }

    /// <summary>An action that NVML asks for makes the GPU unhealthy.</summary>
    public static string? HealthState(SmiElement element) => Text(element) switch
    {
        null or "None" => Healthy,
        _ => "unhealthy",
    };

    /// <summary>Whether a display is active, where its mode is deprecated.</summary>
    public static string? DisplayState(SmiElement element) =>
        element.Text.Trim().StartsWith("Requested", StringComparison.Ordinal)
            ? element.Parent?.Child("display_active") is { } active ? Text(active) : null
            : Text(element);

    /// <summary>The mean of a second, where the board has one. Older drivers print one draw only.</summary>
    public static string? PowerDraw(SmiElement readings) =>
        Draws.Select(name => readings.Child(name) is { } draw ? Number(draw) : null).FirstOrDefault(draw => draw is not null);

    // Not a number where there is none, or where something stands behind it that is not its unit.
    private static double Value(SmiElement element)
    {
        var text = Text(element) ?? "";
        var digits = string.Concat(text.TakeWhile(character => char.IsAsciiDigit(character) || character is '-' or '.'));
        return text[digits.Length..].All(character => char.IsAsciiLetter(character) || character is ' ' or '%' or '/' or '(' or ')')
            && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : double.NaN;
    }

    private static string? Write(double number) =>
        double.IsNaN(number) ? null : ((long)Math.Round(number)).ToString(CultureInfo.InvariantCulture);
}
