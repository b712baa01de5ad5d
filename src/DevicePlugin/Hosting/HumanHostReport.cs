using System.Globalization;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Hosting;

/// <summary>A line for each step with its time, and under it what is worth seeing.</summary>
internal sealed class HumanHostReport(IAnsiConsole console) : IHostReport
{
    private const int StepWidth = 13;
    private const int TimeWidth = 8;
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
        IndentedText.Write(console, SummaryColumn, text, style);
    }
}
