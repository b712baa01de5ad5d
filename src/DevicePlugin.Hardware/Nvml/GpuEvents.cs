using System.Diagnostics;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// The events of one GPU. It has a set and a thread of its own: in a set that several share, the waits for a lost GPU may fail
/// for as long as it is lost, and a registration may block while somebody waits, so that one GPU would hide the others.
/// </summary>
internal sealed class GpuEvents(
    NvmlApi api, nint device, string uuid, TimeSpan longestWait, TimeSpan callTimeout, GpuEventHub hub, Action<NvmlReturn> driverLost, ILogger logger)
{
    public const ulong DoubleBitEcc = 0x2;
    public const ulong Xid = 0x8;
    private const ulong MigConfigChange = 0x100;
    private const ulong RecoveryAction = 0x8000;

    // DRAM retirement and its failure, poison, GPU unavailable: what an enumeration then finds in the counters.
    private const ulong Conditions = 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> _refusals = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _gate = new();

    // The library waits by the real clock, even where tests use a manual one.
    private readonly RunningCall _running = new(TimeProvider.System) { OwnWait = WaitFor(longestWait, callTimeout) };
    private bool _stopped;
    private bool _isWanted;
    private nint _set;
    private Thread? _thread;
    private volatile EventRegistration? _registration;
    private volatile string? _waitProblem;

    /// <summary>Where the calls of several threads are compared: a wait that does not end may be what blocks the driver.</summary>
    public required CallOrder Order { get; init; }

    /// <summary>The GPU's index.</summary>
    public int Gpu
    {
        set => _running.Gpu = value;
    }

    /// <summary>Why XIDs do not arrive; null while they do.</summary>
    public string? Problem => _registration?.Problem ?? _waitProblem ?? HangProblem;

    private string? HangProblem => Order.IsLate(_running, callTimeout)
        ? $"{_running.Function} did not return within {(_running.OwnWait + callTimeout).TotalSeconds:0.##} s"
        : null;

    /// <summary>
    /// Registers, unless that is settled, and starts to wait. Where there are no events the XIDs are lost, and the rest is seen
    /// later, since each refresh reads the counters too. Called on the GPU's own thread: the call may hang.
    /// </summary>
    public void Register()
    {
        if (_registration is not { IsFinal: true })
        {
            _registration = TryRegister();
        }
    }

    /// <summary>The GPU answers again: what failed is worth another try. Called on the GPU's own thread.</summary>
    public void Retry()
    {
        lock (_gate)
        {
            _registration = _thread is null ? null : _registration;
            _isWanted = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Completes when the thread is back.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
            return _thread is null ? Task.CompletedTask : _ended.Task;
        }
    }

    /// <summary>
    /// A wait that hangs may hold the driver's lock. Its own time is over long before a call that waits for that lock counts as hung,
    /// so that the wait is suspected too.
    /// </summary>
    private static TimeSpan WaitFor(TimeSpan longest, TimeSpan callTimeout) => callTimeout / 2 < longest ? callTimeout / 2 : longest;

    private EventRegistration TryRegister()
    {
        if (!api.Events.Wait.Exists)
        {
            return Refuse(api.Events.Wait.Name, NvmlReturn.FunctionNotFound);
        }

        ulong supported = 0;
        var result = api.Events.SupportedTypes.Call(device, ref supported);
        if (result != NvmlReturn.Success)
        {
            return Refuse(api.Events.SupportedTypes.Name, result);
        }

        var wanted = supported & (Xid | DoubleBitEcc | Conditions | RecoveryAction);
        if (wanted != 0 && TryRegister(wanted, supported, out var function, out result) is false)
        {
            return Refuse(function, result);
        }

        return (supported & Xid) != 0 ? EventRegistration.Done : Refuse();
    }

    /// <summary>
    /// With XIDs alone where the driver refuses the whole: one type that is newer than the driver is enough for that.
    /// </summary>
    private bool TryRegister(ulong wanted, ulong supported, out string function, out NvmlReturn result)
    {
        var isDone = TryRegister(wanted, out function, out result)
            || (result.Fault() is null && (wanted & Xid) != 0 && wanted != Xid
                && TryRegister(Xid, out function, out result));
        if (isDone)
        {
            // On its own: older drivers refuse it while MIG is off, and would refuse the rest with it.
            if ((supported & MigConfigChange) != 0)
            {
                api.Events.RegisterEvents(device, MigConfigChange, _set);
            }

            Start();
        }

        return isDone;
    }

    /// <summary>In a new set, since a registration that fails half way may leave the set unusable.</summary>
    private bool TryRegister(ulong types, out string function, out NvmlReturn result)
    {
        function = api.Events.Create.Name;
        result = api.Events.Create.Call(ref _set);
        if (result != NvmlReturn.Success)
        {
            return false;
        }

        function = api.Events.Register.Name;
        result = api.Events.RegisterEvents(device, types, _set);
        if (result != NvmlReturn.Success)
        {
            api.Events.Free.Call(_set);
        }

        return result == NvmlReturn.Success;
    }

    private EventRegistration Refuse(string function, NvmlReturn result)
    {
        if (result.Fault() is not null)
        {
            // A sick GPU says so when it is read.
            return new EventRegistration(null, IsFinal: false);
        }

        return Refuse(NvmlException.Describe(function, result), result.IsUnsupported());
    }

    private EventRegistration Refuse() => Refuse($"{api.Events.SupportedTypes.Name} offers no XIDs", isFinal: true);

    private EventRegistration Refuse(string problem, bool isFinal)
    {
        if (_refusals.Add(problem))
        {
            logger.NoEvents(uuid, problem);
        }

        return new EventRegistration(problem, isFinal);
    }

    private void Start()
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                Order.Add(_running);
                _thread = new Thread(WaitForEvents) { IsBackground = true, Name = $"nvml-events {uuid}" };
                _thread.Start();
            }
        }
    }

    private void WaitForEvents()
    {
        var wait = _running.OwnWait;
        _running.Begin();
        try
        {
            for (var pause = TimeSpan.Zero; !IsStoppedAfter(pause);)
            {
                var started = Stopwatch.GetTimestamp();
                var result = api.Events.WaitForEvent(_set, out var data, (uint)wait.TotalMilliseconds);
                if (result.IsDriverLoss())
                {
                    driverLost(result);
                    return;
                }

                // A library that does not block at all is an error like any other: the loop must not spin.
                var took = Stopwatch.GetElapsedTime(started);
                var blocked = took > wait / 4;
                if (took > wait + callTimeout)
                {
                    // The latest report may say that it hangs.
                    hub.PublishInventory(uuid);
                }

                var isEvent = result == NvmlReturn.Success && data.Type != 0;
                if (isEvent)
                {
                    Publish(data);
                }

                pause = isEvent || (result == NvmlReturn.Timeout && blocked)
                    ? Recovered()
                    : Failed(result, pause);
            }

            api.Events.Free.Call(_set);
        }
        finally
        {
            Order.Remove(_running);
            _ended.TrySetResult();
        }
    }

    private TimeSpan Recovered()
    {
        if (_waitProblem is not null)
        {
            _waitProblem = null;
            hub.PublishInventory(uuid);
        }

        return TimeSpan.Zero;
    }

    /// <summary>The pause before the next try. A failure that repeats itself leaves the GPU unmonitored.</summary>
    private TimeSpan Failed(NvmlReturn result, TimeSpan pause)
    {
        var problem = DescribeWait(api.Events.Wait.Name, result);
        if (pause == TimeSpan.Zero && result != NvmlReturn.Timeout)
        {
            logger.EventWaitFailed(uuid, problem);
            hub.PublishInventory(uuid);
        }
        else if (pause > TimeSpan.Zero && _waitProblem is null)
        {
            _waitProblem = problem;
            hub.PublishInventory(uuid);
        }

        var next = pause == TimeSpan.Zero ? TimeSpan.FromSeconds(1) : pause * 2;
        return next > LongestPause ? LongestPause : next;
    }

    /// <summary>Of a wait that brought no event.</summary>
    internal static string DescribeWait(string function, NvmlReturn result) => result == NvmlReturn.Success
        ? $"{function} answered SUCCESS without an event"
        : NvmlException.Describe(function, result);

    private bool IsStoppedAfter(TimeSpan pause)
    {
        lock (_gate)
        {
            if (!_stopped && !_isWanted && pause > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, pause);
            }

            _isWanted = false;
            return _stopped;
        }
    }

    private void Publish(in EventData data)
    {
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
