using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// A physical GPU of one session, and its MIG instances. All its NVML calls run on one worker of its own, so that a
/// hang stays with this GPU.
/// </summary>
internal sealed partial class NvmlGpu : IAsyncDisposable
{
    private readonly NvmlSession _session;
    private readonly NvmlOptions _options;
    private readonly GpuEventHub _hub;
    private readonly ILogger _logger;
    private readonly NvmlWorker _worker;
    private readonly DeviceQuery _query;
    private readonly GpuModes _modes;
    private readonly TimeProvider _time;
    private readonly PatientWork _refresh;
    private readonly CallOrder _order;
    private readonly GpuEvents _events;
    private readonly HashSet<string> _brokenNamesTold = new(StringComparer.Ordinal);
    private MigLayout _mig;
    private GpuSampler? _sampler;
    private MigSampler? _migSampler;
    private volatile GpuIdentity _identity = GpuIdentity.Unknown;
    private volatile bool _mustIdentify = true;
    private GpuBoard? _board;
    private DeviceFault? _unidentified;
    private bool _wasRead;
    private volatile bool _readAll = true;
    private volatile bool _failed;
    private volatile bool _isClosed;
    private volatile bool _hangs;
    private bool _waitsForOther;
    private int _index;

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
        _worker = threads.Create($"nvml-gpu{index}", options.CallTimeout);
        _worker.CameBack += hub.Nudge;
        _order = threads.Order;
        _query = new DeviceQuery(session.Api, session.Resolve(handle), new CallPlan());
        _modes = new GpuModes(_query, judge, uuid);
        _mig = new MigLayout(_query, uuid);
        _events = new GpuEvents(
            session.Api, _query.Device, uuid, options.EventWait, options.CallTimeout, hub,
            result => session.Lose("nvmlEventSetWait", result), logger)
        {
            Order = threads.Order,
        };
        Index = index;
    }

    public NvmlHandle Handle { get; }

    public string Uuid { get; }

    public int Index
    {
        get => _index;
        set
        {
            _index = value;
            _worker.Gpu = value;
            _events.Gpu = value;
        }
    }

    /// <summary>As the kernel module lists it; null where it does not.</summary>
    private KernelGpu? Kernel { get; set; }

    public string? PciBusId => _identity.PciBusId ?? Kernel?.PciBusId;

    /// <summary>The GPU and its instances as the last refresh found them; empty while not even its name is known.</summary>
    public ImmutableArray<GpuDevice> Devices { get; private set; } = [];

    /// <summary>What stands in the report for a GPU without <see cref="Devices"/>.</summary>
    public UnidentifiedGpu Unidentified => new(_unidentified ?? NotRead)
    {
        Index = Index, Uuid = Uuid, PciBusId = PciBusId,

        // Even without any name it is still listed: a GPU that vanishes looks like one that was never there. The name of one that
        // is being read may be on its way, and the group of a device must not change.
        Model = NameOf(_identity) ?? (_unidentified is null ? null : _identity.FallbackName),
    };

    private static DeviceFault NotRead =>
        new(DeviceFaultKind.NotRead, "its first reading is still going on.");

    /// <summary>How often what is read once was forgotten.</summary>
    public int Losses { get; private set; }

    /// <summary>The handle may no longer lead to this GPU.</summary>
    public bool NeedsResolve { get; private set; }

    /// <summary>False while the search for the GPU hangs: nothing more is asked of it.</summary>
    public bool IsReachable { get; set; } = true;

    /// <summary>
    /// Reads the devices again. False when that is not done within <paramref name="patience"/>; it goes on, its end is told with
    /// an event, and the next refresh takes what it brought.
    /// </summary>
    /// <param name="firstPatience">For a GPU that was never read.</param>
    /// <exception cref="NvmlException">The driver is lost.</exception>
    public async Task<bool> RefreshAsync(
        TimeSpan patience, TimeSpan firstPatience, CancellationToken cancellationToken)
    {
        if (IsHidden(_identity))
        {
            // Its state is not needed, and it may be ignored because reading it hangs.
            Devices = [Describe(_identity, [])];
            return true;
        }

        // What was read before an event may not show what the event is about.
        var isRead = !IsReachable || await _refresh.RunAsync(
            ReadDevicesAsync, isStale: () => _readAll, _wasRead ? patience : firstPatience,
            cancellationToken).ConfigureAwait(false);
        _wasRead |= isRead && !_hangs;
        return isRead;
    }

    /// <summary>Begins the first reading; a later refresh takes what it brings.</summary>
    public void Begin()
    {
        if (!IsHidden(_identity))
        {
            _refresh.Begin(ReadDevicesAsync);
        }
    }

    /// <summary>Takes over from the object that stood for the GPU under another handle.</summary>
    public void Succeed(NvmlGpu earlier)
    {
        _identity = GpuIdentity.Unknown with { Name = earlier._identity.Name };
        _wasRead = earlier._wasRead;
        Devices = earlier.Devices;
        Losses = earlier.Losses + 1;
    }

    /// <summary>
    /// Hears what the kernel module says of the GPU. Where it is and which node it has are read again when the module says
    /// otherwise.
    /// </summary>
    public void Meet(KernelGpu? kernel)
    {
        Kernel = kernel;
        var known = _identity;
        if (kernel is not null
            && ((known.PciBusId is { } address && address != kernel.PciBusId)
                || (known.MinorNumber is { } minor && kernel.MinorNumber is { } other && minor != other)))
        {
            // What it was hidden by may be another one's place by now, and its own may be one to hide.
            _identity = GpuIdentity.Unknown with { Name = known.Name };
            _mustIdentify = true;
            _readAll = true;
            NeedsResolve = true;
        }
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
    /// <param name="fault">What is wrong.</param>
    /// <param name="contradiction">Why it is not known which GPU this is; null where it is known.</param>
    public void Fail(DeviceFault fault, string? contradiction = null)
    {
        _readAll = true;
        _failed = true;
        NeedsResolve = true;
        _unidentified = fault;
        if (Devices.IsEmpty && NameOf(_identity) is null)
        {
            return;
        }

        // It may have moved since it last answered, and its old node may belong to another GPU by now.
        var identity = fault.Kind is DeviceFaultKind.Lost or DeviceFaultKind.Unresponsive or DeviceFaultKind.DriverUnresponsive
            ? _identity with { MinorNumber = Kernel?.MinorNumber }
            : _identity;
        var gpu = (Devices.IsEmpty ? Describe(identity, []) : Devices[0]) with { Fault = fault };

        // Another failure does not settle which GPU this is; a reading that succeeds does.
        Devices =
        [
            .. Devices.Skip(1).Prepend(gpu).Select(device => device with
            {
                MinorNumber = identity.MinorNumber, Obstacle = contradiction ?? gpu.Obstacle,
            }),
        ];
    }

    /// <summary>Completes when its threads are back, or when a call has not come back in time.</summary>
    public async Task CloseAsync()
    {
        _isClosed = true;
        var waiting = _events.StopAsync();
        try
        {
            await _worker.RunAsync(Close).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return;
        }
        catch (NvmlException)
        {
            // It was closed before.
        }
        finally
        {
            _worker.Dispose();
        }

        await waiting.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);
}
