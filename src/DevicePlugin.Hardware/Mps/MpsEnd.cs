using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>Ends daemons and puts compute modes back.</summary>
internal sealed class MpsEnd(MpsTool tool, ComputeModes modes, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan GoneLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ForcedLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>The daemon of a record, also where its id was not written down; null when there is none.</summary>
    public static ProcessIdentity? RunningOf(MpsRecord record) =>
        record.Process is { IsRunning: true } known && MpsProcesses.IsDaemon(known.Id, record.PipeDirectory)
            ? known
            : MpsProcesses.Find(record.PipeDirectory);

    /// <param name="record">Says which daemon.</param>
    /// <param name="endClients">False: a daemon that has clients goes on.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Why it still runs; null when it does not.</returns>
    public async Task<string?> EndAsync(MpsRecord record, bool endClients, CancellationToken cancellationToken)
    {
        if (RunningOf(record) is not { } process)
        {
            return null;
        }

        if (tool.ControlOf(record.PipeDirectory, record.LogDirectory, out var problem) is not { } control)
        {
            return problem;
        }

        if (!endClients)
        {
            // Told to quit, it would take no more clients, and nobody could change its mind.
            var clients = await control.ListClientsAsync(cancellationToken).ConfigureAwait(false);
            if (clients is not { Count: 0 })
            {
                return clients is null ? "it does not answer" : $"it has clients (process {string.Join(", ", clients)})";
            }
        }

        await control.QuitAsync(endClients, cancellationToken).ConfigureAwait(false);
        if (!await IsGoneAsync(process, endClients ? ForcedLimit : GoneLimit, cancellationToken).ConfigureAwait(false)
            && endClients)
        {
            process.Kill();
            await IsGoneAsync(process, GoneLimit, cancellationToken).ConfigureAwait(false);
        }

        return process.IsRunning ? "it was told to end and still runs" : null;
    }

    /// <returns>What went wrong; null when the mode is as before.</returns>
    public async Task<string?> PutBackAsync(MpsRecordedGpu gpu, CancellationToken cancellationToken)
    {
        if (gpu.FormerMode == ComputeModes.Exclusive)
        {
            return null;
        }

        var problem = await modes.SetAsync(gpu.Uuid, gpu.FormerMode, cancellationToken).ConfigureAwait(false);
        logger.ComputeModeSet(gpu.Uuid, gpu.FormerMode, problem);
        return problem;
    }

    private async Task<bool> IsGoneAsync(ProcessIdentity process, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        while (process.IsRunning && timeProvider.GetElapsedTime(began) < limit)
        {
            await Task.Delay(Poll, timeProvider, cancellationToken).ConfigureAwait(false);
        }

        return !process.IsRunning;
    }
}
