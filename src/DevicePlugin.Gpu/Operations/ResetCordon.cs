using System.Globalization;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Operations;

/// <summary>
/// The cordon that a reset sets for itself, which is known by its reason. It stays when the reset does not succeed, also when
/// the process that resets or the plugin dies; a later reset of the same GPU takes it over.
/// </summary>
public static class ResetCordon
{
    /// <summary>No other cordon may have a reason that begins so.</summary>
    public const string Prefix = "nomad-device-gpu reset: ";

    private const string Running = Prefix + "running";
    private const string RunningAgain = Running + " again";
    private const string ProcessMark = ", process ";

    public static bool IsOwn(Cordon cordon) => cordon.Reason.StartsWith(Prefix, StringComparison.Ordinal);

    internal static string NameOf(ResetProcess process) =>
        string.Create(CultureInfo.InvariantCulture, $"process {process.Id}");

    /// <summary>The loan of a reset that goes on although the plugin that it began under has ended; null where none does.</summary>
    internal static DriverLoan? FindLoan(CordonRecord record, Func<ResetProcess, bool> isResetting) => record.Cordons.Reverse()
        .Select(cordon => ProcessOf(cordon) is { } process && isResetting(process)
            ? new DriverLoan(cordon.Gpu, NameOf(process), OperatorRequest.LongestLoan, () => isResetting(process))
            : null)
        .FirstOrDefault(loan => loan is not null);

    /// <summary>Known by its id only.</summary>
    private static ResetProcess? ProcessOf(Cordon cordon)
    {
        var start = IsFresh(cordon) ? Running : RunningAgain;
        var name = cordon.Reason.StartsWith(start + ProcessMark, StringComparison.Ordinal)
            ? cordon.Reason[(start + ProcessMark).Length..]
            : "";
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? new ResetProcess(id, 0) : null;
    }

    /// <summary>The record with the GPU cordoned; a cordon of somebody else stays as it is.</summary>
    internal static CordonRecord Set(CordonRecord record, GpuDevice gpu, OperatorRequest request, string? serial)
    {
        var before = record.Find(gpu);
        if (before is not null && !IsOwn(before))
        {
            return record;
        }

        // A cordon of another process is one that its reset left, also when that was killed before it could say how it ended.
        var process = string.Create(CultureInfo.InvariantCulture, $"{ProcessMark}{request.Process?.Id}");
        var reason = (before is null || before.Reason == Running + process ? Running : RunningAgain) + process;
        return record.With(gpu, new Cordon(gpu.Uuid, reason, request.By, before?.Since ?? request.Written)
        {
            BoardSerial = serial,
        });
    }

    /// <summary>The record when the reset is over: the own cordon ends with a GPU that is fit, or that was not touched.</summary>
    internal static CordonRecord End(CordonRecord record, GpuDevice gpu, ResetOutcome outcome, bool isFit, string reason)
    {
        if (record.Find(gpu) is not { } cordon || !IsOwn(cordon))
        {
            return record;
        }

        return (outcome == ResetOutcome.Done && isFit) || (outcome == ResetOutcome.NotTried && IsFresh(cordon))
            ? record.Without(gpu)
            : record.With(gpu, cordon with { Reason = OneLine.Of(Prefix + reason, OneLine.MostReason) });
    }

    // One that an earlier reset left tells of a GPU that is not well.
    private static bool IsFresh(Cordon cordon) =>
        cordon.Reason.StartsWith(Running + ",", StringComparison.Ordinal);
}
