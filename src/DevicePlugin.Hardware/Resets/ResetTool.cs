using System.Globalization;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Resets;

/// <summary>Resets a GPU by <c>nvidia-smi --gpu-reset</c>, which is never forced.</summary>
public sealed class ResetTool(string driverRoot, TimeProvider timeProvider)
{
    /// <summary>The word of the command line that has a GPU reset.</summary>
    public const string Command = "reset";

    private const string Option = "--gpu-reset";

    private readonly DriverTools _tools = new(driverRoot);

    /// <summary>Why the tool is not to be run; null when it may be.</summary>
    public string? FindFault() => FindTool(out var problem) is null ? problem
        : FindRunning() is { } id
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"\"{DriverTools.Smi} {Option}\" is still running (process {id}): wait until it has ended; if it never does, reboot the node")
            : null;

    /// <summary>How a person would call it.</summary>
    public static string CommandOf(string gpu) => $"{DriverTools.Smi} {Option} -i {gpu}";

    /// <summary>
    /// Whether the process that resets a GPU still runs, or the tool that it left behind: as long as the driver works on the
    /// reset, nobody else is to open it.
    /// </summary>
    public static bool IsResetting(ResetProcess process) => IsRunning(process) || FindRunning() is not null;

    /// <summary>The id of a process of the tool that resets a GPU at this moment; null where there is none. Nobody but root can reset one.</summary>
    public static int? FindRunning() => ProcessIdentity.All()
        .Where(id => FileStatus.Read($"/proc/{id}")?.Owner is { } owner && (owner == 0 || owner == FileStatus.CurrentUser)
            && ProcessIdentity.ReadStrings(id, "cmdline") is { } words
            && words.Any(word => Path.GetFileName(word) == DriverTools.Smi) && words.Contains(Option))
        .Select(id => (int?)id).FirstOrDefault();

    internal static bool IsRunning(ResetProcess process) => process.StartTicks != 0
        ? new ProcessIdentity(process.Id, process.StartTicks).IsRunning
        : ProcessIdentity.Of(process.Id) is not null && ProcessIdentity.ReadStrings(process.Id, "cmdline").Contains(Command);

    /// <summary>The process that this is.</summary>
    public static ResetProcess ThisProcess => ProcessIdentity.OfThisProcess is { } own
        ? new ResetProcess(own.Id, own.StartTicks)
        : new ResetProcess(Environment.ProcessId, 0);

    public async Task<ResetResult> RunAsync(string gpu, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (FindTool(out var problem) is not { } program)
        {
            return new ResetResult(ResetFailure.NoTool, problem);
        }

        var result = await ToolRunner.RunAsync(program, [Option, "-i", gpu], "", limit, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        return Read(result);
    }

    private TrustedProgram? FindTool(out string problem)
    {
        var program = _tools.Find(DriverTools.Smi, out var distrust);
        problem = distrust ?? _tools.NotFound(DriverTools.Smi);
        return program;
    }

    /// <summary>
    /// Goes by the words too: the tool ends with 0 where it takes "not supported" for a warning, and with 255 for nearly
    /// everything else.
    /// </summary>
    internal static ResetResult Read(ToolResult result)
    {
        if (result.IsHung)
        {
            return new ResetResult(ResetFailure.TimedOut, $"{DriverTools.Smi}: {result.Problem}");
        }

        if (result.ExitCode is null)
        {
            return new ResetResult(ResetFailure.NoTool, result.Problem);
        }

        if (result.IsDone && Says(result, "successfully reset") && !Says(result, "could not be reset"))
        {
            return new ResetResult(null, OneLine.Of(result.Output, OneLine.MostReason));
        }

        var problem = result.IsDone ? new ToolResult(null, result.Output).Problem : result.Problem;
        return new ResetResult(Classify(result), $"{DriverTools.Smi}: {(problem.Length > 0 ? problem : "it said nothing")}");
    }

    // The words of nvidia-smi 418 to 580. "Fabric Manager" is also among the examples of what may use a GPU.
    private static ResetFailure Classify(ToolResult result) =>
        Says(result, "in use by another client") || Says(result, "being used by") ? ResetFailure.InUse
        : Says(result, "primary GPU") ? ResetFailure.DisplayGpu
        : Says(result, "NVLink") || Says(result, "must also be reset") || Says(result, "Fabric Manager") ? ResetFailure.LinkedGpus
        : Says(result, "permission") ? ResetFailure.NotPermitted
        : Says(result, "not supported") ? ResetFailure.NotSupported
        : ResetFailure.Other;

    private static bool Says(ToolResult result, string words) =>
        result.Output.Contains(words, StringComparison.OrdinalIgnoreCase);
}
