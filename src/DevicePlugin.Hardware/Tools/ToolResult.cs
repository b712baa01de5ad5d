using DevicePlugin.Gpu.Operations;

namespace DevicePlugin.Hardware.Tools;

/// <summary>How a run of a tool ended.</summary>
/// <param name="ExitCode">Null when it could not be started or had to be ended.</param>
/// <param name="Output">What it printed to both streams, trimmed and cut.</param>
internal sealed record ToolResult(int? ExitCode, string Output)
{
    private const int MostTold = 200;

    public bool IsDone => ExitCode == 0;

    /// <summary>It was still running at its deadline.</summary>
    public bool IsHung { get; init; }

    /// <summary>Its process ID where it did not even end when it was killed.</summary>
    public int? Unkilled { get; init; }

    /// <summary>In one line for people: what went wrong, with the tool's own words where it had some.</summary>
    public string Problem
    {
        get
        {
            var line = OneLine.Of(Output, MostTold);
            return ExitCode is { } code
                ? line.Length > 0 ? $"exit code {code}: {line}" : $"exit code {code}"
                : line;
        }
    }
}
