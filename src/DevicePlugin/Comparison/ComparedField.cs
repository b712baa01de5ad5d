using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>A field of nvidia-smi's XML and where the plugin reports it.</summary>
/// <param name="path">From the GPU's element, see <see cref="SmiElement.Find"/>.</param>
/// <param name="place">Where the plugin says the same.</param>
/// <param name="convert">The element as the plugin writes it; null for "not available".</param>
internal sealed class ComparedField(string path, ReportPlace place, Func<SmiElement, string?> convert)
{
    public string Path => path;

    public ReportPlace Place => place;

    /// <summary>Whether it changes by itself: a difference may then be no more than that.</summary>
    public bool Moves { get; init; }

    /// <summary>How far numbers may be apart: what rounding makes, or a moving value in the time between two readings.</summary>
    public int Slack { get; init; }

    /// <summary>What nvidia-smi says where it says nothing against any answer of the plugin.</summary>
    public string? Neutral { get; init; }

    /// <summary>What the plugin is expected to report; null where nvidia-smi does not know, or has no such field.</summary>
    public string? Expect(SmiElement gpu) => gpu.Find(path) is { } element ? convert(element) : null;

    /// <param name="expected">From nvidia-smi.</param>
    /// <param name="reported">Before and after nvidia-smi was asked; what moved passed through all that is between.</param>
    public bool Agrees(string? expected, IReadOnlyCollection<string?> reported) =>
        reported.Contains(expected) || (Neutral is not null && expected == Neutral) || IsBetween(expected, reported);

    public override string ToString() => $"{path} is {place.Name}";

    private bool IsBetween(string? expected, IReadOnlyCollection<string?> reported)
    {
        var lowest = double.PositiveInfinity;
        var highest = double.NegativeInfinity;
        foreach (var text in reported)
        {
            // What is not a number is not between any two.
            var number = Number(text);
            lowest = Math.Min(lowest, number);
            highest = Math.Max(highest, number);
        }

        return Number(expected) is var sought && sought >= lowest - Slack && sought <= highest + Slack;
    }

    private static double Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
