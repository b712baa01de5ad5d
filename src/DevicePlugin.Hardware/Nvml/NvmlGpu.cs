using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// A physical GPU of one session, and its MIG instances. All its NVML calls run on one worker of its own, so that a
/// hang stays with this GPU.
/// </summary>
internal sealed class NvmlGpu : IAsyncDisposable
{
    private readonly NvmlSession _session;
    private readonly NvmlOptions _options;
    private readonly GpuEventHub _hub;
    private readonly ILogger _logger;
    private readonly NvmlWorker _worker;
    private readonly DeviceQuery _query;
    private readonly GpuModes _modes;
    private readonly MigLayout _mig;
    private readonly TimeProvider _time;
    private readonly PatientWork _refresh;
    private GpuSampler? _sampler;
    private MigSampler? _migSampler;
    private volatile bool _readAll = true;
    private volatile bool _failed;
    private volatile bool _isClosed;
    private EventRegistration? _events;

    public NvmlGpu(
        NvmlSession session, NvmlHandle handle, string uuid, int index, GpuJudge judge, NvmlOptions options,
        NvmlThreads threads, GpuEventHub hub, ILogger logger, TimeProvider time)
    {
        _session = session;
        _options = options;
        _hub = hub;
        _logger = logger;
        _time = time;
        _refresh = new PatientWork(hub, time);
        Handle = handle;
        Uuid = uuid;
        Index = index;
        _worker = threads.Create($"nvml-gpu{index}", options.CallTimeout);
        _query = new DeviceQuery(session.Api, session.Resolve(handle), new CallPlan());
        _modes = new GpuModes(_query, judge, uuid);
        _mig = new MigLayout(_query, uuid);
    }

    public NvmlHandle Handle { get; }

    public string Uuid { get; }

    public int Index { get; set; }

    /// <summary>Null until it was read; given by the backend when it was read earlier under the same driver.</summary>
    public GpuIdentity? Identity { get; set; }

    /// <summary>The GPU and its instances as the last refresh found them.</summary>
    public ImmutableArray<GpuDevice> Devices { get; set; } = [];

    /// <summary>The handle may no longer lead to this GPU.</summary>
    public bool NeedsResolve { get; private set; }

    /// <summary>False while the search for the GPU hangs: nothing more is asked of it.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>
    /// Reads the devices anew. False when that is not done within <paramref name="patience"/>, which a GPU that was never
    /// read is not held to; it goes on, its end is told with an event, and the next refresh takes what it brought.
    /// </summary>
    /// <exception cref="NvmlException">The driver is lost.</exception>
    public async Task<bool> RefreshAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        // What was read before an event may not show what the event is about.
        return !IsReachable || await _refresh.RunAsync(
            ReadDevicesAsync, isStale: () => _readAll,
            Devices.IsEmpty ? Timeout.InfiniteTimeSpan : patience, cancellationToken).ConfigureAwait(false);
    }

    public async Task<GpuReadings> ReadAsync(string uuid, CancellationToken cancellationToken)
    {
        try
        {
            return await _worker.RunAsync(() => Read(uuid), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            ReportBadSample(exception.Message);
            return GpuReadings.None;
        }
        catch (NvmlException)
        {
            // The session was closed meanwhile; the next enumeration says why.
            return GpuReadings.None;
        }
    }

    /// <summary>Everything is read again by the next refresh, not only what has its turn.</summary>
    public void Expire() => _readAll = true;

    /// <summary>Describes the GPU as it was last seen, with what is wrong with it now.</summary>
    public void Fail(DeviceFault fault)
    {
        _readAll = true;
        _failed = true;
        NeedsResolve = true;
        Devices = Devices.IsEmpty
            ? [Describe(Identity ?? new GpuIdentity(GpuIdentity.Unnamed, null, null, GpuFacts.None), [fault])]
            : [Devices[0] with { Fault = fault }, .. Devices[1..]];
    }

    /// <summary>False when a call of this GPU has not come back.</summary>
    public async Task<bool> CloseAsync()
    {
        _isClosed = true;
        try
        {
            return await _worker.RunAsync(Close).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (NvmlException)
        {
            return true;
        }
        finally
        {
            _worker.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task ReadDevicesAsync()
    {
        try
        {
            Devices = await _worker.RunAsync(Refresh).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            Fail(new DeviceFault(DeviceFaultKind.Unresponsive, $"{exception.Message}."));
        }
        catch (NvmlException) when (_isClosed && !_session.IsLost)
        {
            // Another object stands for the GPU by now.
        }
    }

    private bool Close()
    {
        _migSampler?.Dispose();
        return true;
    }

    private ImmutableArray<GpuDevice> Refresh()
    {
        // Set again by what happens from here on, which this reading may not show.
        var readAll = Interlocked.Exchange(ref _readAll, false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _session.Resolve(Handle);
                return ReadDevices(readAll);
            }
            catch (NvmlException exception) when (exception.Result == NvmlReturn.Unknown && attempt == 1)
            {
                // Passing while the GSP firmware restarts, for good on a dead one: the second time it counts.
            }
            catch (NvmlException exception) when (!exception.Result.IsDriverLoss())
            {
                var kind = exception.Result.Fault() ?? DeviceFaultKind.CallFailed;
                Fail(new DeviceFault(kind, $"{exception.Message}."));
                return Devices;
            }
        }
    }

    private ImmutableArray<GpuDevice> ReadDevices(bool readAll)
    {
        if (_failed)
        {
            // What a sick GPU, or one that was closed to this process, called unsupported says nothing about it now.
            Forget();
            _events = _events?.Problem is null ? _events : null;
            _failed = false;
        }

        // Before anything is read, so that nothing that happens from here on is missed.
        if (_events is not { IsFinal: true })
        {
            _events = _session.Events.Register(_query.Device, Uuid);
        }

        var migChanged = _mig.Refresh(readAll);
        if (migChanged)
        {
            // The switch resets the GPU, and what it supports differs in the two modes.
            Forget();
            Identity = null;
        }

        Identity ??= new GpuIdentityReader(_query, _options).Read();
        var ecc = _modes.Ecc;
        _modes.Read(readAll || migChanged, Identity, _mig.Mode == true);
        if (ecc is not null && ecc != _modes.Ecc)
        {
            // Boards that keep the check bits in their memory have less of it now.
            Forget();
            Identity = new GpuIdentityReader(_query, _options).Read();
        }

        _migSampler?.Keep(_mig.Devices);
        NeedsResolve = _modes.IdentityLost;
        var parent = Describe(Identity, _modes.Faults);
        return [parent, .. _mig.Devices.Select(device => device.Describe(parent))];
    }

    private void Forget()
    {
        _query.Plan.Forget();
        _sampler?.Forget();
    }

    private GpuDevice Describe(GpuIdentity identity, ImmutableArray<DeviceFault> faults) => new()
    {
        Uuid = Uuid,
        Name = identity.Name,
        Index = Index,
        PciBusId = identity.PciBusId,
        MinorNumber = identity.MinorNumber,
        Facts = _modes.Apply(identity.Facts) with { MigMode = _mig.Mode },
        Faults = faults,
        RecoveryNeeded = _modes.Seen.RecoveryNeeded,
        Notice = _modes.Notice,
        Unmonitored = _events?.Problem,
    };

    private GpuReadings Read(string uuid)
    {
        try
        {
            _session.Resolve(Handle);
            _sampler ??= new GpuSampler(_query, _options.ProcRoot, _time);
            if (uuid == Uuid)
            {
                return _modes.AddTo(_sampler.Read(Identity?.Facts.NvLinkCount ?? 0));
            }

            if (_mig.Find(uuid) is not { } instance)
            {
                return GpuReadings.None;
            }

            _migSampler ??= new MigSampler(_sampler, _query, _time);
            return _migSampler.Read(instance);
        }
        catch (NvmlException exception)
        {
            if (exception.Result.IsDriverLoss())
            {
                _session.Lose(exception.Function, exception.Result);
            }
            else
            {
                ReportBadSample(exception.Message);
            }

            return GpuReadings.None;
        }
    }

    /// <summary>Once until a refresh has looked: it gives the fault its name.</summary>
    private void ReportBadSample(string reason)
    {
        var devices = Devices;
        if (!devices.IsEmpty && devices[0].Faults.IsEmpty && !_readAll)
        {
            _readAll = true;
            _logger.SampleFailed(Uuid, reason);
            _hub.PublishInventory(Uuid);
        }
    }
}
