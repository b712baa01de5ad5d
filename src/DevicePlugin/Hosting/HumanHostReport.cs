using System.Globalization;
using Spectre.Console;

namespace DevicePlugin.Hosting;

/// <summary>A line for each step with its time, and under it what is worth seeing.</summary>
internal sealed class HumanHostReport(IAnsiConsole console) : IHostReport
{
    private const int StepWidth = 13;
    private const int TimeWidth = 9;
    private const int SummaryColumn = StepWidth + TimeWidth + 5;

    public void Succeeded(string step, TimeSpan elapsed, HostStepResult result)
    {
        WriteLine(step, elapsed, result.Summary, Style.Plain);
        result.WriteDetails(console);
    }

    public void Failed(string step, TimeSpan elapsed, string error) =>
        WriteLine(step, elapsed, $"FAILED: {error}", new Style(Color.Red));

    private void WriteLine(string step, TimeSpan elapsed, string text, Style style)
    {
        var milliseconds = elapsed.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        console.Write(new Text(step.PadRight(StepWidth), new Style(decoration: Decoration.Bold)));
        console.Write(new Text($"{milliseconds.PadLeft(TimeWidth)} ms  ", new Style(decoration: Decoration.Dim)));
        var width = Math.Max(console.Profile.Width - SummaryColumn, SummaryColumn);
        var lines = text.Split('\n').SelectMany(line => Wrap(line, width));
        console.Write(new Text(string.Join("\n" + new string(' ', SummaryColumn), lines), style));
        console.WriteLine();
    }

    // Spectre breaks lines at the console's edge but cannot indent what follows.
    private static IEnumerable<string> Wrap(string line, int width)
    {
        while (line.Length > width)
        {
            var space = line.LastIndexOf(' ', width);
            var end = space > 0 ? space : width;
            yield return line[..end];
            line = line[end..].TrimStart();
        }

        yield return line;
    }
}
