using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// Sets compute modes by the driver's own tool. In exclusive-process mode the MPS server is the one process that may use
/// the GPU, so that a program which misses the daemon fails instead of taking memory and time from the others.
/// </summary>
internal sealed class ComputeModes(DriverTools tools, TimeProvider timeProvider)
{
    public const string Exclusive = "exclusive_process";

    // Without persistence mode it loads the driver first.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <param name="uuid">The GPU.</param>
    /// <param name="mode">NVML's word in lower case, which in upper case is the tool's.</param>
    /// <param name="cancellationToken">Ends the tool.</param>
    /// <returns>What went wrong; null when it is done.</returns>
    public async Task<string?> SetAsync(string uuid, string mode, CancellationToken cancellationToken)
    {
        if (tools.Find(DriverTools.Smi, out var distrust) is not { } tool)
        {
            return distrust ?? $"{DriverTools.Smi} was not found under driver_root";
        }

        var result = await ToolRunner.RunAsync(
            tool, ["-i", uuid, "-c", mode.ToUpperInvariant()], "", Limit, timeProvider, cancellationToken)
            .ConfigureAwait(false);
        return result.IsDone ? null : $"{DriverTools.Smi} -c {mode.ToUpperInvariant()}: {result.Problem}";
    }
}
