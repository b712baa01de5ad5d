using System.Globalization;
using System.Text;

namespace DevicePlugin.Tests;

/// <summary>
/// Prometheus' text format, read as strictly as Prometheus does: a line that it would refuse is an exception.
/// </summary>
internal sealed class ExpositionText
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);

    private ExpositionText()
    {
    }

    /// <summary>By the name that HELP and TYPE give.</summary>
    public IReadOnlyDictionary<string, string> Types => _types;

    public List<(string Name, Dictionary<string, string> Labels, double Value)> Series { get; } = [];

    public static ExpositionText Parse(string text)
    {
        var result = new ExpositionText();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                result._types.Add(words[2], words[3]);
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var key = result.Add(line);
                if (!seen.Add(key))
                {
                    throw new FormatException($"twice: {key}");
                }
            }
        }

        return result;
    }

    /// <summary>The values of the series with these labels, among others.</summary>
    public double[] Find(string name, params (string Name, string Value)[] labels) =>
    [
        .. Series.Where(series => series.Name == name
            && labels.All(label => series.Labels.GetValueOrDefault(label.Name, "") == label.Value))
            .Select(series => series.Value),
    ];

    private string Add(string line)
    {
        var brace = line.IndexOf('{');
        var space = line.LastIndexOf(' ');
        var name = brace >= 0 ? line[..brace] : line[..space];
        var labels = brace >= 0 ? ParseLabels(line[(brace + 1)..(space - 1)]) : [];
        var value = line[(space + 1)..].Replace("+Inf", "Infinity", StringComparison.Ordinal);
        Series.Add((name, labels, double.Parse(value, CultureInfo.InvariantCulture)));
        return line[..space];
    }

    private static Dictionary<string, string> ParseLabels(string text)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        while (at < text.Length)
        {
            var equals = text.IndexOf("=\"", at, StringComparison.Ordinal);
            var value = new StringBuilder();
            var i = equals + 2;
            for (; text[i] != '"'; i++)
            {
                value.Append(text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i]);
            }

            labels.Add(text[at..equals], value.ToString());
            at = i + 2;
        }

        return labels;
    }
}
