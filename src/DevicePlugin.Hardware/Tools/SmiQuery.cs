namespace DevicePlugin.Hardware.Tools;

/// <summary>Asks <c>nvidia-smi -q -x</c>, which changes nothing.</summary>
public sealed class SmiQuery(string driverRoot, TimeProvider timeProvider)
{
    // 27 KiB a GPU (driver 580), more with many processes.
    private const int MostBytes = 16 << 20;

    // Without persistence mode each GPU takes seconds to start.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DriverTools _tools = new(driverRoot);

    /// <summary>What it printed; null with the reason when it printed nothing to be read.</summary>
    public async Task<(string? Text, string Problem)> RunAsync(CancellationToken cancellationToken)
    {
        if (_tools.Find(DriverTools.Smi, out var distrust) is not { } program)
        {
            return (null, distrust ?? $"there is no {DriverTools.Smi} under \"{driverRoot}\", see driver_root");
        }

        var result = await ToolRunner.RunAsync(program, ["-q", "-x"], "", Limit, timeProvider, cancellationToken, MostBytes)
            .ConfigureAwait(false);

        // It prints what it knows and ends with the error of one GPU: 14 for a corrupted InfoROM, for example.
        return result.ExitCode is not null && result.Output.Contains("<nvidia_smi_log", StringComparison.Ordinal)
            ? (result.Output, "")
            : (null, $"{DriverTools.Smi}: {result.Problem}");
    }
}
