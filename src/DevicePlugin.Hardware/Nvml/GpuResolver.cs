using System.Collections.Immutable;
using DevicePlugin.Gpu;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Finds the GPUs of a session again when their number changed or one of them does not answer any more, and keeps what
/// was read once about each of them for as long as the driver stays loaded.
/// </summary>
internal sealed class GpuResolver(NvmlOptions options, GpuEventHub hub, ILogger logger, TimeProvider time)
{
    // The largest systems have 16; a count beyond this is not one.
    private const int MaxGpus = 1024;

    private readonly Dictionary<string, GpuIdentity> _identities = [];
    private readonly Dictionary<int, string> _leftOut = [];
    private int _driverLoads;
    private string? _driverVersion;

    public async Task ResolveAsync(
        NvmlSession session, int driverLoads, NvmlWorker worker, CancellationToken cancellationToken)
    {
        if (driverLoads != _driverLoads || session.Status.Version != _driverVersion)
        {
            _identities.Clear();
            _driverLoads = driverLoads;
            _driverVersion = session.Status.Version;
        }

        var count = await worker.RunAsync(() => ReadCount(session), cancellationToken).ConfigureAwait(false);
        if (count == session.Count && !session.Gpus.Any(gpu => gpu.NeedsResolve))
        {
            return;
        }

        var known = session.Gpus.ToDictionary(gpu => gpu.Uuid);
        var found = new List<NvmlGpu>();
        var failures = new SortedDictionary<int, (string Reason, NvmlReturn Result)>();
        for (var index = 0; index < count; index++)
        {
            var at = index;
            var slot = await worker.RunAsync(() => ReadSlot(session, at), cancellationToken).ConfigureAwait(false);
            if (slot.Uuid is null || found.Any(gpu => gpu.Uuid == slot.Uuid))
            {
                failures.Add(index, (slot.Reason ?? $"its UUID '{slot.Uuid}' is another GPU's", slot.Result));
                if (count == MaxGpus && slot.Result.IsAbsent())
                {
                    // The count was none: what follows is not there either, and not worth a thousand warnings.
                    break;
                }

                continue;
            }

            found.Add(Take(session, known.GetValueOrDefault(slot.Uuid), slot.Handle, slot.Uuid, index));
            known.Remove(slot.Uuid);
        }

        KeepFailing(known.Values, failures, found);
        LogLeftOut(failures);
        // With a GPU left out the search goes on: it may only be slow to come up.
        session.Count = failures.Count == 0 ? count : null;
        session.Gpus = [.. found.OrderBy(gpu => gpu.Index)];
    }

    public void Remember(NvmlSession session)
    {
        foreach (var gpu in session.Gpus)
        {
            if (gpu.Identity is { } identity)
            {
                _identities[gpu.Uuid] = identity;
            }
        }
    }

    private static int ReadCount(NvmlSession session)
    {
        uint count = 0;
        var function = session.Api.System.DeviceCount;
        var result = function.Call(ref count);
        return result == NvmlReturn.Success
            ? (int)Math.Min(count, MaxGpus)
            : throw new NvmlException(function.Name, result);
    }

    private static (NvmlReturn Result, NvmlHandle Handle, string? Uuid, string? Reason) ReadSlot(
        NvmlSession session, int index)
    {
        nint pointer = 0;
        var function = session.Api.System.DeviceByIndex;
        var result = function.Call((uint)index, ref pointer);
        if (result == NvmlReturn.Success)
        {
            var uuid = session.Api.GetUuid(pointer, out result);
            function = session.Api.Device.Uuid;
            if (result == NvmlReturn.Success)
            {
                if (uuid is not null)
                {
                    // First of all, so that nothing that happens from here on is missed.
                    session.Events.Register(pointer, uuid);
                }

                var reason = uuid is null ? $"{function.Name} gave text that is no UUID" : null;
                return (result, new NvmlHandle(pointer, session.Generation), uuid, reason);
            }
        }

        return result.IsDriverLoss()
            ? throw new NvmlException(function.Name, result)
            : (result, default, null, NvmlException.Describe(function.Name, result));
    }

    private NvmlGpu Take(NvmlSession session, NvmlGpu? known, NvmlHandle handle, string uuid, int index)
    {
        if (known is not null && known.Handle == handle)
        {
            known.Index = index;
            return known;
        }

        // Its worker may hang inside NVML; it ends when that call does.
        _ = known?.CloseAsync();
        return new NvmlGpu(session, handle, uuid, index, options, hub, logger, time)
        {
            Identity = known?.Identity ?? _identities.GetValueOrDefault(uuid),
            Devices = known?.Devices ?? [],
        };
    }

    /// <summary>
    /// A GPU that is known and cannot be opened any more is still there, and sick; one without a slot is gone.
    /// </summary>
    private static void KeepFailing(
        IEnumerable<NvmlGpu> missing, SortedDictionary<int, (string Reason, NvmlReturn Result)> failures,
        List<NvmlGpu> found)
    {
        foreach (var gpu in missing.OrderBy(gpu => gpu.Index))
        {
            if (failures.Count == 0)
            {
                _ = gpu.CloseAsync();
                continue;
            }

            var index = failures.ContainsKey(gpu.Index) ? gpu.Index : failures.First().Key;
            var (reason, result) = failures[index];
            failures.Remove(index);
            gpu.Fail(new DeviceFault(result.Fault() ?? DeviceFaultKind.CallFailed, $"{reason}."));
            found.Add(gpu);
        }
    }

    private void LogLeftOut(SortedDictionary<int, (string Reason, NvmlReturn Result)> failures)
    {
        foreach (var (index, (reason, _)) in failures)
        {
            if (_leftOut.GetValueOrDefault(index) != reason)
            {
                logger.GpuLeftOut(index, reason);
            }
        }

        _leftOut.Clear();
        foreach (var (index, (reason, _)) in failures)
        {
            _leftOut.Add(index, reason);
        }
    }
}
