using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>A field of nvidia-smi's XML and where the plugin reports it.</summary>
/// <param name="Path">From the GPU's element, see <see cref="SmiElement.Find"/>.</param>
/// <param name="Place">Where the plugin says the same.</param>
/// <param name="Convert">The element as the plugin writes it; null for "not available".</param>
internal sealed record ComparedField(string Path, ReportPlace Place, Func<SmiElement, string?> Convert)
{
    /// <summary>Whether it changes by itself: a difference may then be no more than that.</summary>
    public bool Moves { get; init; }

    /// <summary>How far numbers may be apart: what rounding makes, or a moving value in the time between two readings.</summary>
    public int Slack { get; init; }

    /// <summary>What nvidia-smi says where it says nothing against any answer of the plugin.</summary>
    public string? Neutral { get; init; }

    /// <summary>What the plugin is expected to report; null where nvidia-smi does not know, or has no such field.</summary>
    public string? Expect(SmiElement gpu) => gpu.Find(Path) is { } element ? Convert(element) : null;

    /// <param name="expected">From nvidia-smi.</param>
    /// <param name="reported">Before and after nvidia-smi was asked; what moved passed through all that is between.</param>
    public bool Agrees(string? expected, IReadOnlyCollection<string?> reported) =>
        reported.Contains(expected) || (Neutral is not null && expected == Neutral) || IsBetween(expected, reported);

    public override string ToString() => $"{Path} is {Place.Name}";

    private bool IsBetween(string? expected, IReadOnlyCollection<string?> reported)
    {
        var numbers = reported.Select(Number).ToList();
        return Number(expected) is { } number && numbers.TrueForAll(other => other is not null)
            && number >= numbers.Min() - Slack && number <= numbers.Max() + Slack;
    }

    private static decimal? Number(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
