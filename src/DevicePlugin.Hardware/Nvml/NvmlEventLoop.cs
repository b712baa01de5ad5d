using System.Collections.Concurrent;
using System.Diagnostics;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Owns the event set of a session and the thread that waits on it.</summary>
internal sealed class NvmlEventLoop(NvmlApi api, GpuEventHub hub, Action<NvmlReturn> driverLost, ILogger logger)
{
    // Each return costs a call; a session that is closed waits for the last one.
    private const uint WaitMilliseconds = 5000;

    private const ulong DoubleBitEcc = 0x2;
    private const ulong Xid = 0x8;
    private const ulong MigConfigChange = 0x100;
    private const ulong RecoveryAction = 0x8000;

    // DRAM retirement and its failure, poison, GPU unavailable: what an enumeration then finds in the counters.
    private const ulong Conditions = 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<nint, string> _devices = new();
    private readonly ConcurrentDictionary<(string Uuid, string Problem), bool> _refusals = new();
    private readonly object _gate = new();
    private NvmlReturn _opened = NvmlReturn.Uninitialized;
    private bool _stopped;
    private nint _set;
    private Thread? _thread;

    /// <summary>To be called before any GPU registers, where a call that hangs holds up none of them.</summary>
    public void Open() => _opened = api.Events.Wait.Exists ? api.Events.Create.Call(ref _set) : NvmlReturn.FunctionNotFound;

    /// <summary>
    /// Registers a GPU and starts to wait with the first. Where it has no events the XIDs are lost, and the rest is seen
    /// later, since each refresh reads the counters too. Called on the GPU's own thread: the call may hang.
    /// </summary>
    public EventRegistration Register(nint device, string uuid)
    {
        if (_opened != NvmlReturn.Success)
        {
            return Refuse(uuid, api.Events.Create.Name, _opened);
        }

        ulong supported = 0;
        var result = api.Events.SupportedTypes.Call(device, ref supported);
        if (result != NvmlReturn.Success)
        {
            return Refuse(uuid, api.Events.SupportedTypes.Name, result);
        }

        // Known before it is registered: its first event may come at once.
        _devices[device] = uuid;
        result = Register(device, supported & (Xid | DoubleBitEcc | Conditions | RecoveryAction));
        if (result != NvmlReturn.Success)
        {
            _devices.TryRemove(device, out _);
            return Refuse(uuid, api.Events.Register.Name, result);
        }

        // On its own: older drivers refuse it while MIG is off, and would refuse the rest with it.
        Register(device, supported & MigConfigChange);
        Start();
        return (supported & Xid) != 0
            ? EventRegistration.Done
            : new EventRegistration($"{api.Events.SupportedTypes.Name} offers no XIDs", IsFinal: true);
    }

    public void RequestStop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>False when the thread did not come back in time, and the library must stay loaded under it.</summary>
    /// <param name="isIdle">Whether no other thread can use the events any more.</param>
    public bool Stop(TimeSpan limit, bool isIdle)
    {
        RequestStop();
        if (_thread is { } thread && !thread.Join(limit))
        {
            return false;
        }

        if (_set != 0 && isIdle)
        {
            api.Events.Free.Call(_set);
            _set = 0;
        }

        return true;
    }

    private EventRegistration Refuse(string uuid, string function, NvmlReturn result)
    {
        if (result.Fault() is not null)
        {
            // A sick GPU says so when it is read.
            return new EventRegistration(null, IsFinal: false);
        }

        var problem = NvmlException.Describe(function, result);
        if (_refusals.TryAdd((uuid, problem), true))
        {
            logger.NoEvents(uuid, problem);
        }

        return new EventRegistration(problem, result.IsUnsupported());
    }

    private NvmlReturn Register(nint device, ulong types) =>
        types == 0 ? NvmlReturn.Success : api.Events.RegisterEvents(device, types, _set);

    private void Start()
    {
        lock (_gate)
        {
            if (_thread is null && !_stopped)
            {
                _thread = new Thread(WaitForEvents) { IsBackground = true, Name = "nvml-events" };
                _thread.Start();
            }
        }
    }

    private void WaitForEvents()
    {
        var pause = TimeSpan.Zero;
        while (!IsStoppedAfter(pause))
        {
            var started = Stopwatch.GetTimestamp();
            var result = api.Events.WaitForEvent(_set, out var data, WaitMilliseconds);
            if (result == NvmlReturn.Success)
            {
                pause = TimeSpan.Zero;
                Publish(data);
                continue;
            }

            if (result.IsDriverLoss())
            {
                driverLost(result);
                return;
            }

            // A library that does not block at all is an error like any other: the loop must not spin.
            var blocked = Stopwatch.GetElapsedTime(started).TotalMilliseconds > WaitMilliseconds / 4.0;
            if (result == NvmlReturn.Timeout && blocked)
            {
                pause = TimeSpan.Zero;
                continue;
            }

            if (pause == TimeSpan.Zero && result != NvmlReturn.Timeout)
            {
                logger.EventWaitFailed(NvmlException.Describe(api.Events.Wait.Name, result));
                hub.PublishInventory();
            }

            pause = pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : pause * 2;
            pause = pause > LongestPause ? LongestPause : pause;
        }
    }

    private bool IsStoppedAfter(TimeSpan pause)
    {
        lock (_gate)
        {
            return _stopped || (pause > TimeSpan.Zero && Monitor.Wait(_gate, pause) && _stopped);
        }
    }

    private void Publish(in EventData data)
    {
        var uuid = _devices.GetValueOrDefault(data.Device);
        var kind = data.Type switch
        {
            Xid => GpuEventKind.Xid,
            RecoveryAction => GpuEventKind.RecoveryAction,
            _ => GpuEventKind.Inventory,
        };
        hub.Publish(new GpuEvent(
            kind,
            uuid,
            kind == GpuEventKind.Xid ? (long)data.Data : 0,
            Instance(data.GpuInstanceId),
            Instance(data.ComputeInstanceId)));
    }

    private static int? Instance(uint id) => id is EventData.WholeGpu or > int.MaxValue ? null : (int)id;
}
