using System.Collections.Immutable;
using DevicePlugin.Hardware.Conditions;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Finds the GPUs of a session again when their number changed or one of them does not answer any more. A GPU that was out of
/// reach, or has another handle, starts from nothing: what was read of it before may be another one's by now.
/// </summary>
internal sealed class GpuResolver(
    NvmlOptions options, NvmlLookup lookup, NvmlLookup counting, NvmlThreads threads, GpuEventHub hub, ILogger logger, TimeProvider time)
{
    private const int CountSubject = -1;

    private readonly Dictionary<int, string> _leftOut = [];
    private readonly GpuJudges _judges = new(uuid => options.FindNvLinksSeenUp(uuid, DriverLoadReader.Read(options)));
    private readonly PatientWork _search = new(hub, time);
    private NvmlSession? _session;
    private bool _isCountUnknown;

    /// <summary>
    /// A search that takes longer than it is waited for goes on, and what it finds is told with an event. The first reading of a GPU
    /// begins when it is found.
    /// </summary>
    /// <param name="session">Gets what is found.</param>
    /// <param name="meet">Shows a GPU to the kernel module before it is read.</param>
    /// <param name="firstPatience">How long to wait for the first search.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NvmlException">The driver is lost.</exception>
    /// <exception cref="TimeoutException">It is not even known how many GPUs there are.</exception>
    public async Task ResolveAsync(
        NvmlSession session, Action<NvmlGpu> meet, TimeSpan firstPatience, CancellationToken cancellationToken)
    {
        if (_session != session)
        {
            // The calls of a lost session fail, or are given up soon.
            await _search.EndAsync(cancellationToken).ConfigureAwait(false);
            _session = session;
        }

        // A driver that was only opened again has the GPUs that are offered: without them all, they would look lost.
        var patience = session.IsSearched ? ReadingTime.Patience
            : session.Earlier.IsEmpty ? firstPatience : Timeout.InfiniteTimeSpan;
        await _search.RunAsync(() => FindAsync(session, meet), isStale: () => false, patience, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task FindAsync(NvmlSession session, Action<NvmlGpu> meet)
    {
        var count = await CountAsync(session).ConfigureAwait(false);
        if (count is null || (count == session.Count && !session.Gpus.Any(gpu => gpu.NeedsResolve)))
        {
            return;
        }

        session.Counted = count;
        var known = (session.IsSearched ? session.Gpus : session.Earlier).ToDictionary(gpu => gpu.Uuid);
        var found = new List<NvmlGpu>();
        var failures = new SortedDictionary<int, GpuSlot>();
        for (var index = 0; index < count; index++)
        {
            var slot = await FindSlotAsync(session, index).ConfigureAwait(false);
            if (slot is null)
            {
                // What hangs is another GPU's call, which says nothing about those that are searched for.
                session.Count = null;
                return;
            }

            if (slot.Uuid is null || found.Any(gpu => gpu.Uuid == slot.Uuid))
            {
                failures.Add(
                    index, slot.Uuid is null ? slot : slot with { Problem = $"its UUID '{slot.Uuid}' is another GPU's" });
                if (count == GpuSlot.MostGpus && slot.Result.IsAbsent())
                {
                    // The count was none: what follows is not there either, and not worth a thousand warnings.
                    break;
                }

                continue;
            }

            var gpu = Take(session, known.GetValueOrDefault(slot.Uuid), slot.Handle, slot.Uuid, index);
            found.Add(gpu);
            known.Remove(slot.Uuid);
            if (!session.IsSearched)
            {
                // A node whose driver is slow has something to offer before the last GPU is found.
                session.Gpus = [.. found];
                meet(gpu);
                gpu.Begin();
                ThrowIfLost(session, gpu);
            }
        }

        KeepFailing(session, known.Values, failures, found);
        LogLeftOut(failures);
        session.LeftOut = [.. failures.Select(failure => (failure.Key, failure.Value))];

        // With a GPU left out the search goes on: it may only be slow to come up.
        session.Count = failures.Count == 0 ? count : null;
        session.Gpus = [.. found.OrderBy(gpu => gpu.Index)];
        session.IsSearched = true;
    }

    /// <summary>A session that is being closed may have looked for its GPUs before this one was among them.</summary>
    private static void ThrowIfLost(NvmlSession session, NvmlGpu gpu)
    {
        if (session.IsLost)
        {
            _ = gpu.CloseAsync();
            session.ThrowIfLost();
        }
    }

    /// <summary>Null when it is not known: the GPUs that are known are served all the same.</summary>
    private async Task<int?> CountAsync(NvmlSession session)
    {
        try
        {
            var count = await counting.RunAsync(CountSubject, () => GpuSlot.Count(session)).ConfigureAwait(false);
            _isCountUnknown = false;
            return count;
        }
        catch (TimeoutException exception) when (!session.Gpus.IsEmpty)
        {
            if (!_isCountUnknown)
            {
                logger.CountUnknown(exception.Message);
            }

            _isCountUnknown = true;
            return null;
        }
    }

    /// <summary>Null when GPUs are known, and the call for this one waits for that of another.</summary>
    private async Task<GpuSlot?> FindSlotAsync(NvmlSession session, int index)
    {
        try
        {
            return await lookup.RunAsync(index, () => GpuSlot.Read(session, index)).ConfigureAwait(false);
        }
        catch (CallHangsException hang) when (hang.Cause is HangCause.OtherGpu or HangCause.Unknown && session.IsSearched)
        {
            return null;
        }
        catch (CallHangsException hang)
        {
            return GpuSlot.Stuck(hang);
        }
    }

    private NvmlGpu Take(NvmlSession session, NvmlGpu? known, NvmlHandle handle, string uuid, int index)
    {
        if (known is not null && known.Handle == handle)
        {
            known.Index = index;
            known.IsReachable = true;
            return known;
        }

        // Its worker may hang inside NVML; it ends when that call does.
        _ = known?.CloseAsync();
        var gpu = new NvmlGpu(
            session, handle, uuid, index, _judges.Of(uuid), options, threads, hub, logger, time);
        if (known is not null)
        {
            gpu.Succeed(known);
        }

        return gpu;
    }

    /// <summary>
    /// A GPU that is known and cannot be opened any more is still there, and sick; one without a slot is gone.
    /// </summary>
    private static void KeepFailing(
        NvmlSession session, IEnumerable<NvmlGpu> missing, SortedDictionary<int, GpuSlot> failures, List<NvmlGpu> found)
    {
        foreach (var gpu in missing.OrderBy(gpu => gpu.Index))
        {
            if (failures.Count == 0)
            {
                _ = gpu.CloseAsync();
                continue;
            }

            var index = failures.ContainsKey(gpu.Index) ? gpu.Index : failures.First().Key;
            failures.Remove(index, out var slot);
            gpu.Index = index;

            // One of an earlier session has no handle any more.
            gpu.IsReachable = !slot!.Hangs && gpu.Handle.Generation == session.Generation;
            gpu.Fail(slot.Fault, contradiction: slot.Uuid is null ? null : slot.Problem);
            found.Add(gpu);
        }
    }

    private void LogLeftOut(SortedDictionary<int, GpuSlot> failures)
    {
        foreach (var (index, slot) in failures)
        {
            if (_leftOut.GetValueOrDefault(index) != slot.Problem)
            {
                logger.GpuLeftOut(index, slot.Problem!);
            }
        }

        _leftOut.Clear();
        foreach (var (index, slot) in failures)
        {
            _leftOut.Add(index, slot.Problem!);
        }
    }
}
