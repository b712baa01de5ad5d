using DevicePlugin.Gpu.Operations;

namespace DevicePlugin.Hardware.Tools;

/// <summary>The result of running nvidia-smi.</summary>
/// <param name="Text">The XML, or null if nvidia-smi printed none.</param>
/// <param name="Problem">Why <paramref name="Text"/> is null, otherwise empty.</param>
public sealed record SmiOutput(string? Text, string Problem)
{
    /// <summary>The exit code if it was not 0, with the text that nvidia-smi printed after the XML; otherwise empty.</summary>
    public string Complaint { get; init; } = "";
}

/// <summary>Asks <c>nvidia-smi -q -x</c>, which changes nothing.</summary>
public sealed class SmiQuery(string driverRoot, TimeProvider timeProvider)
{
    private const string Begin = "<nvidia_smi_log";
    private const string End = "</nvidia_smi_log>";
    private const int MostTold = 200;

    // 27 KiB a GPU (driver 580), more with many processes.
    private const int MostBytes = 16 << 20;

    // Without persistence mode each GPU takes seconds to start.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DriverTools _tools = new(driverRoot);

    public async Task<SmiOutput> RunAsync(CancellationToken cancellationToken)
    {
        if (_tools.Find(DriverTools.Smi, out var distrust) is not { } program)
        {
            return new SmiOutput(null, distrust ?? _tools.NotFound(DriverTools.Smi));
        }

        var result = await ToolRunner.RunAsync(
            program, ["-q", "-x"], "", Limit, timeProvider, cancellationToken, MostBytes, endsWhenFull: true).ConfigureAwait(false);
        return Judge(result) is { } problem
            ? new SmiOutput(null, $"{DriverTools.Smi}: {problem}")
            : new SmiOutput(result.Output, "") { Complaint = ComplaintOf(result) };
    }

    private static string? Judge(ToolResult result)
    {
        if (result.ExitCode is not null && result.Output.Contains(Begin, StringComparison.Ordinal))
        {
            return null;
        }

        return !result.IsDone ? result.Problem
            : result.Output.Length == 0 ? "it printed nothing"
            : $"it printed no XML in UTF-8: {OneLine.Of(result.Output, MostTold)}";
    }

    // It prints what it knows and ends with the error of one GPU: 14 for a corrupted InfoROM, for example.
    private static string ComplaintOf(ToolResult result)
    {
        if (result.IsDone)
        {
            return "";
        }

        var end = result.Output.LastIndexOf(End, StringComparison.Ordinal);
        var words = end < 0 ? "" : OneLine.Of(result.Output[(end + End.Length)..], MostTold);
        return words.Length > 0 ? $"exit code {result.ExitCode}: {words}" : $"exit code {result.ExitCode}";
    }
}
