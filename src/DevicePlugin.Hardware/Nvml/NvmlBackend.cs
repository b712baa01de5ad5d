using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Cuda;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.KernelLog;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>The node's real GPUs.</summary>
public sealed class NvmlBackend : IGpuBackend
{
    // Init and the first touch of a GPU take seconds without persistence mode, however short the calls are after that.
    private static readonly TimeSpan ControlLimit = TimeSpan.FromSeconds(10);

    // A wait for events is not cut short: where one is going on, and on a node with GPUs it nearly always is, the
    // process ends without nvmlShutdown, and at once.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan DisposeLimit = TimeSpan.FromSeconds(1);

    // Longer than the connection waits for its threads.
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(9);

    private readonly NvmlOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly GpuEventHub _hub = new();
    private readonly NvmlConnection _connection;
    private readonly NvmlWorker _control;
    private readonly DriverWatch _watch;
    private readonly GpuResolver _resolver;
    private readonly NvmlLookup _lookup;
    private readonly NvmlLookup _counting;
    private readonly StuckCalls _stuckCalls;
    private readonly ReopenRule _reopening;
    private readonly KernelGpuFiles _kernel;
    private readonly CudaProbe _cuda;
    private readonly ReadingTime _readingTime;
    private readonly SemaphoreSlim _enumerating = new(1, 1);
    private ImmutableArray<GpuDevice> _lastDevices = [];
    private KernelLogWatch? _kernelLog;
    private bool _isLastPartial = true;
    private bool _mustReopen;
    private int _isDisposed;
    private volatile NvmlSession? _session;

    /// <param name="stuckCalls">Those of the process: a backend may be closed and opened with calls still stuck.</param>
    public NvmlBackend(
        NvmlOptions options, ILoggerFactory loggers, TimeProvider? time = null, StuckCalls? stuckCalls = null)
    {
        _options = options;
        _logger = loggers.CreateLogger<NvmlBackend>();
        _time = time ?? TimeProvider.System;
        _hub.Published += ExpireModes;
        _stuckCalls = stuckCalls ?? new StuckCalls(_time, _logger);
        _stuckCalls.SessionClosed += TryAgain;
        _connection = new NvmlConnection(options, _stuckCalls, _hub, _logger, _time);
        var threads = new NvmlThreads(_time, _stuckCalls);
        var limit = Max(options.CallTimeout, ControlLimit);
        _control = threads.Create("nvml-control", limit);
        _control.CameBack += _hub.Nudge;
        _watch = new DriverWatch(_connection, _control, _hub, _logger, _time);
        _lookup = new NvmlLookup(limit, threads);

        // The count touches no GPU, and has the configured limit.
        _counting = new NvmlLookup(options.CallTimeout, threads);
        _resolver = new GpuResolver(options, _lookup, _counting, threads, _hub, _logger, _time);
        _reopening = new ReopenRule(options.SysfsRoot, _time);
        _kernel = new KernelGpuFiles(options.ProcRoot, _time);
        _cuda = new CudaProbe(options, _logger, _time);
        _cuda.Finished += _hub.Nudge;
        _readingTime = new ReadingTime(_time);
    }

    public bool IsSimulated => false;

    /// <summary>
    /// Where the library was looked for by the last attempt to open it, and why each place was not used.
    /// </summary>
    public ImmutableArray<LibraryAttempt> LibraryAttempts => _connection.Attempts;

    /// <summary>
    /// Functions that the library in use does not have, so that their values stay unknown; null while none is in use.
    /// </summary>
    public IReadOnlyList<string>? MissingFunctions => _session?.Api.MissingFunctions;

    /// <summary>
    /// Completes with the reason when the driver and the loaded library did not match for 30 s although the library was
    /// loaded again: only a new process helps.
    /// </summary>
    public Task<string> MustRestart => _connection.MustRestart;

    public async Task<NodeReport> EnumerateAsync(CancellationToken cancellationToken)
    {
        await _enumerating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _readingTime.Begin();
            return OpenKernelLog() is { } log
                ? await log.EnumerateAsync(ReadNodeAsync, cancellationToken).ConfigureAwait(false)
                : await ReadNodeAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _readingTime.Report();
            _enumerating.Release();
        }
    }

    public Task<GpuReadings> ReadAsync(GpuDevice device, CancellationToken cancellationToken)
    {
        if (_session is { IsLost: false } session)
        {
            foreach (var gpu in session.Gpus)
            {
                if (gpu.Uuid == device.PhysicalUuid)
                {
                    return gpu.ReadAsync(device.Uuid, cancellationToken);
                }
            }
        }

        return Task.FromResult(GpuReadings.None);
    }

    /// <summary>The library's own version, for example <c>13.580.105.08</c>; null while none is in use.</summary>
    public async Task<string?> ReadLibraryVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _session is { IsLost: false } session
                ? await _control.RunAsync(session.Api.GetVersion, cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch (Exception exception) when (exception is NvmlException or TimeoutException)
        {
            // The enumeration tells what is wrong with the driver.
            return null;
        }
    }

    public IAsyncEnumerable<GpuEvent> WatchAsync(CancellationToken cancellationToken) => _watch.WatchAsync(cancellationToken);

    public Task ReleaseAsync() => CloseAsync(_connection.Release, ReleaseLimit);

    public async ValueTask DisposeAsync() =>
        await CloseAsync(() => _connection.Abandon(CloseLimit), DisposeLimit).ConfigureAwait(false);

    private async Task CloseAsync(Action close, TimeSpan limit)
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _stuckCalls.SessionClosed -= TryAgain;
        _hub.Complete();
        _kernelLog?.Dispose();
        _cuda.Dispose();
        _lookup.Dispose();
        _counting.Dispose();
        try
        {
            await _control.RunAsync(close).WaitAsync(limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A call hangs. At the end of the process the kernel lets go of the driver for it; before, nothing can.
        }

        _control.Dispose();
        _enumerating.Dispose();
    }

    /// <summary>What kept the driver from being opened may be over.</summary>
    private void TryAgain()
    {
        _connection.Retry();
        _hub.Nudge();
    }

    private async Task<NodeReport> ReadNodeAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_mustReopen)
            {
                _mustReopen = false;
                await _control.RunAsync(_connection.Reopen, cancellationToken).ConfigureAwait(false);
            }

            // Twice: a driver that was reloaded since the last time shows at the first call and is back at the second.
            return await TryEnumerateAsync(cancellationToken).ConfigureAwait(false)
                ?? await TryEnumerateAsync(cancellationToken).ConfigureAwait(false)
                ?? Unavailable();
        }
        catch (TimeoutException exception)
        {
            return await DescribeUnansweredAsync(exception.Message, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The driver does not even say which GPUs there are. Those that are known from elsewhere have not been read.</summary>
    private async Task<NodeReport> DescribeUnansweredAsync(string reason, CancellationToken cancellationToken)
    {
        var kernel = await _kernel.ReadAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        // The calls that nothing else is read without are not about a GPU.
        var devices = LastDevicesWith(new DeviceFault(DeviceFaultKind.DriverUnresponsive, $"{reason}."));
        return new NodeReport(new DriverStatus(DriverState.Failed, reason) { IsUnresponsive = true }, devices)
        {
            Load = DriverLoadReader.Read(_options),
            Age = DriverLoadReader.ReadAge(_options, _time.GetUtcNow()),
            IsPartial = _isLastPartial,
            Unidentified = UnidentifiedGpus.Find(
                kernel, devices, new DeviceFault(DeviceFaultKind.NotRead, $"{reason}.")),
        };
    }

    /// <summary>Null where it is not to be read, or the backend is closed already.</summary>
    private KernelLogWatch? OpenKernelLog()
    {
        if (_options.KernelLogPath is { } path && _kernelLog is null && Volatile.Read(ref _isDisposed) == 0)
        {
            _kernelLog = new KernelLogWatch(path, _options.ReadJudgedLine(), _options, _hub, _logger, _time);
            if (Volatile.Read(ref _isDisposed) != 0)
            {
                _kernelLog.Dispose();
            }
        }

        return _kernelLog;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>After an event everything is read again, not only what has its turn.</summary>
    private void ExpireModes(GpuEvent gpuEvent)
    {
        if (_session is { } session
            && gpuEvent.Kind is GpuEventKind.Xid or GpuEventKind.Inventory or GpuEventKind.RecoveryAction)
        {
            foreach (var gpu in session.Gpus)
            {
                if (gpuEvent.GpuUuid is null || gpu.Uuid == gpuEvent.GpuUuid)
                {
                    gpu.Expire();
                }
            }
        }
    }

    /// <summary>Null when there is no session, or it was lost on the way.</summary>
    private async Task<NodeReport?> TryEnumerateAsync(CancellationToken cancellationToken)
    {
        var session = await _control.RunAsync(() => _connection.Ensure(isRetry: false), cancellationToken)
            .ConfigureAwait(false);
        _session = session;
        if (session is null)
        {
            return null;
        }

        try
        {
            var kernel = await _kernel.ReadAllAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            _readingTime.Open(session);
            Meet(session, kernel);
            await _resolver.ResolveAsync(session, gpu => Meet(gpu, kernel), _readingTime.Left(), cancellationToken)
                .ConfigureAwait(false);
            Meet(session, kernel);
            _cuda.Ask(_connection.DriverLoads, session.Status.Version, CourseOf(session));
            var gpus = session.Gpus;
            var isRead = await RefreshAsync(gpus, _readingTime.Left(), cancellationToken).ConfigureAwait(false);
            _connection.Confirm();
            var facts = await _cuda.ReadAsync(_readingTime.LeftForCuda(), cancellationToken).ConfigureAwait(false);
            var report = Describe(session, gpus, isRead, facts, kernel);
            ReopenWhereThatHelps(report, session, kernel);
            return report;
        }
        catch (NvmlException exception)
        {
            session.Lose(exception.Function, exception.Result);
            return null;
        }
    }

    private NodeReport Describe(
        NvmlSession session, ImmutableArray<NvmlGpu> gpus, bool[] isRead, CudaFactTable facts,
        ImmutableArray<KernelGpuFile> kernel)
    {
        var devices = gpus.Select(gpu => gpu.Devices).ToArray();
        _lastDevices = [.. devices.SelectMany(found => found).Select(device => Add(facts, device))];
        var unread = devices.Where((found, i) => found.IsEmpty && !isRead[i]).Count();
        _isLastPartial = !session.IsSearched || unread > 0;
        if (_isLastPartial)
        {
            session.TellUnread(unread);
        }

        return new NodeReport(session.Status, _lastDevices)
        {
            Load = DriverLoadReader.Read(_options),
            Age = DriverLoadReader.ReadAge(_options, _time.GetUtcNow()),
            IsPartial = _isLastPartial,
            Unread = [.. gpus.Where((_, i) => !isRead[i] && !devices[i].IsEmpty).Select(gpu => gpu.Uuid)],
            Unidentified = [
                .. gpus.Where((_, i) => devices[i].IsEmpty).Select(gpu => gpu.Unidentified),
                .. UnidentifiedGpus.Find(session, kernel),
            ],
        };
    }

    private void ReopenWhereThatHelps(NodeReport report, NvmlSession session, ImmutableArray<KernelGpuFile> kernel)
    {
        // With a call that hangs, the driver could not be closed.
        if (_reopening.IsDue(report, session, kernel) && _stuckCalls.Count == 0)
        {
            _mustReopen = true;
            _hub.Nudge();
        }
    }

    // Of a GPU that only said who it is nothing is known: CUDA's few facts would make it look as if it had been read.
    private static GpuDevice Add(CudaFactTable facts, GpuDevice device) =>
        device.Facts == GpuFacts.None ? device : facts.AddTo(device);

    private static void Meet(NvmlSession session, ImmutableArray<KernelGpuFile> kernel)
    {
        foreach (var gpu in session.Gpus)
        {
            Meet(gpu, kernel);
        }
    }

    private static void Meet(NvmlGpu gpu, ImmutableArray<KernelGpuFile> kernel) =>
        gpu.Meet(kernel.Select(file => file.Gpu).FirstOrDefault(
            other => string.Equals(other?.Uuid, gpu.Uuid, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Another number says that CUDA may have something new to tell.</summary>
    private static int CourseOf(NvmlSession session) => HashCode.Combine(
        session.Generation, session.Gpus.Aggregate(0, (hash, gpu) => HashCode.Combine(hash, gpu.Uuid, gpu.Losses)));

    private static async Task<bool[]> RefreshAsync(
        ImmutableArray<NvmlGpu> gpus, TimeSpan firstPatience, CancellationToken cancellationToken)
    {
        var isRead = await Task.WhenAll(gpus.Select(gpu => gpu.RefreshAsync(
            ReadingTime.Patience, Max(firstPatience, ReadingTime.Patience), cancellationToken))).ConfigureAwait(false);

        // Which GPU a hang is about is judged when the answers of the others are in.
        return [.. isRead.Zip(gpus, (read, gpu) => gpu.ConcludeHang() ?? read)];
    }

    private NodeReport Unavailable()
    {
        var status = _connection.Status ?? new DriverStatus(DriverState.Failed, "the driver was lost again at once");
        if (status.IsLoaded)
        {
            status = new DriverStatus(DriverState.Failed, "the driver was lost again right after it was opened");
        }

        // A driver that was upgraded under running tasks still holds their GPUs: they are there, and not usable.
        return status.State == DriverState.VersionMismatch
            ? new NodeReport(status, LastDevicesWith(new DeviceFault(DeviceFaultKind.CallFailed, $"{status.Reason}.")))
            : new NodeReport(status, []);
    }

    // Without the nodes they had: whose those are is not known while the driver does not say.
    private ImmutableArray<GpuDevice> LastDevicesWith(DeviceFault fault) =>
        [.. _lastDevices.Select(device => device with { Faults = [fault], MinorNumber = null })];
}
