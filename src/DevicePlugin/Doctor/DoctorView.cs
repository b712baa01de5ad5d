using DevicePlugin.Comparison;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Doctor;

/// <summary>A line a check, the word first so that it is found without colours, and the advice under it.</summary>
internal static class DoctorView
{
    private const int WordWidth = 6;

    public static void Write(IAnsiConsole console, DoctorReport report)
    {
        var column = WordWidth + report.Results.Max(result => result.Id.Length) + 2;
        foreach (var (id, finding) in report.Results)
        {
            var style = StyleOf(finding.Status);
            console.Write(new Text(TextOf(finding.Status).PadRight(WordWidth), style));
            console.Write(new Text(id.PadRight(column - WordWidth)));
            IndentedText.Write(console, column, finding.Seen);
            if (finding.Advice.Length > 0)
            {
                console.Write(new Text(new string(' ', column - 3) + "-> ", style));
                IndentedText.Write(console, column, finding.Advice);
            }
        }

        if (report.Comparison is { } comparison)
        {
            ComparisonView.Write(console, comparison);
        }

        // On a terminal of 24 lines the first checks have scrolled away.
        console.WriteLine();
        IndentedText.Write(
            console, 0,
            $"{Counted.Of(report.Results.Count, "check")}: {report.Count(CheckStatus.Pass)} pass, "
            + $"{report.Count(CheckStatus.Warn)} warn{NamesOf(report, CheckStatus.Warn)}, "
            + $"{report.Count(CheckStatus.Fail)} fail{NamesOf(report, CheckStatus.Fail)}");
    }

    private static string NamesOf(DoctorReport report, CheckStatus status)
    {
        var ids = report.Results.Where(result => result.Finding.Status == status).Select(result => result.Id).ToList();
        return ids.Count > 0 ? $" ({string.Join(", ", ids)})" : "";
    }

    private static string TextOf(CheckStatus status) =>
        status == CheckStatus.Fail ? "FAIL" : DoctorReport.WordOf(status);

    private static Style StyleOf(CheckStatus status) => status switch
    {
        CheckStatus.Pass => new Style(Color.Green),
        CheckStatus.Warn => new Style(Color.Yellow),
        _ => new Style(Color.Red, decoration: Decoration.Bold),
    };
}
