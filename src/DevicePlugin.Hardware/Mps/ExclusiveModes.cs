using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Mps;

/// <summary>Keeps the GPUs of one daemon in exclusive-process mode, also after somebody set another one.</summary>
internal sealed class ExclusiveModes(ComputeModes modes, TimeProvider timeProvider, ILogger logger)
{
    // What was set a moment ago is not seen before the next enumeration, and some drivers do not tell.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (string? Problem, long At)> _last = new(StringComparer.Ordinal);

    public async Task SetAsync(MpsBlock block, MpsFindings findings, CancellationToken cancellationToken)
    {
        foreach (var gpu in block.Gpus.Where(gpu => gpu.ComputeMode != ComputeModes.Exclusive))
        {
            if (!_last.TryGetValue(gpu.Uuid, out var last) || timeProvider.GetElapsedTime(last.At) >= Patience)
            {
                last.Problem = await modes.SetAsync(gpu.Uuid, ComputeModes.Exclusive, cancellationToken)
                    .ConfigureAwait(false);
                last.At = timeProvider.GetTimestamp();
                _last[gpu.Uuid] = last;
                logger.ComputeModeSet(gpu.Uuid, ComputeModes.Exclusive, last.Problem);
                if (last.Problem is null)
                {
                    findings.NoteMode(gpu.Uuid, ComputeModes.Exclusive);
                }
            }

            if (last.Problem is not null)
            {
                findings.Add(gpu.Uuid, $"{block}: the compute mode cannot be set: {last.Problem}");
            }
        }
    }

    /// <summary>The GPU has another mode from now on.</summary>
    public void Forget(string uuid) => _last.Remove(uuid);
}
