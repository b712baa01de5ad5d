using System.Collections.Immutable;
using DevicePlugin.Gpu;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Keeps a session open, or knows why there is none and when to try again. Used from one thread, but for the
/// properties.
/// </summary>
internal sealed class NvmlConnection(
    NvmlOptions options, StuckCalls stuckCalls, GpuEventHub hub, ILogger logger, TimeProvider time)
{
    private const uint NoGpus = 1;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MismatchLimit = TimeSpan.FromSeconds(30);

    // A wait for events is not cut short.
    private readonly TimeSpan _closeLimit = options.EventWait + TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<string> _mustRestart =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile NvmlSession? _session;
    private volatile DriverStatus? _status;
    private TimeSpan _delay;
    private long _waitingSince;
    private long? _mismatchSince;
    private volatile bool _mustRetry;
    private int _generation;

    /// <summary>Null before the first attempt.</summary>
    public DriverStatus? Status => _status;

    public ImmutableArray<LibraryAttempt> Attempts { get; private set; } = [];

    public Task<string> MustRestart => _mustRestart.Task;

    /// <summary>Counts the times the driver was seen away: facts of devices are not kept beyond that.</summary>
    public int DriverLoads { get; private set; }

    /// <summary>How long until the next attempt makes sense; null when none is needed.</summary>
    public TimeSpan? RetryIn
    {
        get
        {
            if (_status is null || _session is { IsLost: false })
            {
                return null;
            }

            if (_mustRetry)
            {
                return TimeSpan.Zero;
            }

            var left = _delay - time.GetElapsedTime(Volatile.Read(ref _waitingSince));
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>The open session; null while there is none and it is too early to try again.</summary>
    public NvmlSession? Ensure(bool isRetry)
    {
        if (_session is { IsLost: true } lost)
        {
            DriverLoads++;
            Close(lost);
        }

        if (_session is null && RetryIn is null or { Ticks: 0 })
        {
            // Doubled before the attempt and taken back by Confirm: a driver that dies right after each init must not
            // be hammered either.
            _delay = _delay == TimeSpan.Zero ? FirstRetry : _delay * 2;
            _delay = _delay > LongestRetry ? LongestRetry : _delay;
            Volatile.Write(ref _waitingSince, time.GetTimestamp());
            _mustRetry = false;
            Report(Open(), isRetry);
        }

        return _session;
    }

    /// <summary>Closes the driver and opens it at once: it may have other GPUs then.</summary>
    public void Reopen()
    {
        if (_session is { IsLost: false } session)
        {
            logger.DriverOpenedAgain();
            var gpus = session.Gpus;
            Close(session);
            _mustRetry = true;
            _delay = TimeSpan.Zero;
            if (Ensure(isRetry: false) is { } next)
            {
                next.Earlier = gpus;
            }
        }
    }

    /// <summary>A whole enumeration went well in this session: the next loss is retried at once.</summary>
    public void Confirm() => _delay = TimeSpan.Zero;

    /// <summary>The reason why the driver could not be opened may be gone: the next attempt is made at once.</summary>
    public void Retry() => _mustRetry = true;

    /// <summary>The process ends: whatever does not come back in time is left to the kernel.</summary>
    public void Abandon(TimeSpan limit)
    {
        _session?.Abandon(limit);
        _session = null;
    }

    /// <summary>The process goes on and others want the driver: waits for the threads that are inside it.</summary>
    public void Release()
    {
        if (_session is { } session)
        {
            Close(session);
        }
    }

    private void Close(NvmlSession session)
    {
        _session = null;
        stuckCalls.IsServed = false;
        session.Close(_closeLimit);
    }

    private DriverStatus Open()
    {
        var library = NvmlLibrary.Load(NvmlLibraryLocator.Candidates(options), out var attempts, options.Meter);
        Attempts = attempts;
        if (library is null)
        {
            return new DriverStatus(DriverState.LibraryMissing, DescribeAttempts());
        }

        var result = Init(library.Api);
        if (result != NvmlReturn.Success)
        {
            return Refuse(library, library.Api.System.Init.Name, result);
        }

        var status = DriverStatusReader.Read(library.Api.System, out result);
        if (result.IsDriverLoss() || result == NvmlReturn.OperatingSystem)
        {
            library.Api.System.Shutdown.Call();
            return Refuse(library, library.Api.System.DriverVersion.Name, result);
        }

        _session = new NvmlSession(library, ++_generation, status, stuckCalls, hub, logger);
        stuckCalls.IsServed = true;
        return status;
    }

    /// <summary>
    /// Frees the library, so that the next attempt loads it again: after an upgrade of the driver the file under the
    /// same name is another one.
    /// </summary>
    private DriverStatus Refuse(NvmlLibrary library, string function, NvmlReturn result)
    {
        library.Dispose();
        var state = result.InitState();
        var hint = DriverHint.For(state, options) is { } text ? $"; {text}" : "";
        return new DriverStatus(state, $"{NvmlException.Describe(function, result)} ({library.Path}){hint}");
    }

    private static NvmlReturn Init(NvmlApi api)
    {
        var result = api.System.Init.Call();

        // A node whose GPUs are all away still has a driver, and may get one back.
        return result == NvmlReturn.GpuNotFound && api.System.InitWithFlags.Exists
            ? api.System.InitWithFlags.Call(NoGpus)
            : result;
    }

    private void Report(DriverStatus status, bool isRetry)
    {
        var before = _status;
        _status = status;
        TrackMismatch(status);
        if (status.State is not (DriverState.Loaded or DriverState.LibraryMissing))
        {
            DriverLoads += before?.IsLoaded == true ? 1 : 0;
        }

        if (before == status)
        {
            return;
        }

        if (status.IsLoaded)
        {
            logger.DriverLoaded(status.Version ?? "unknown", status.Cuda?.ToString() ?? "unknown");
        }
        else
        {
            logger.DriverUnavailable(DriverStateWord.Of(status.State), status.Reason);
        }

        // A watcher has to hear of it to enumerate again, or to start trying; an enumeration that found the driver in
        // order reports it itself.
        if (isRetry || !status.IsLoaded)
        {
            hub.PublishInventory();
        }
    }

    private void TrackMismatch(DriverStatus status)
    {
        if (status.State != DriverState.VersionMismatch)
        {
            _mismatchSince = null;
            return;
        }

        _mismatchSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(_mismatchSince.Value) >= MismatchLimit)
        {
            _mustRestart.TrySetResult($"the driver and the loaded library still do not match: {status.Reason}");
        }
    }

    private string DescribeAttempts()
    {
        var telling = Attempts.Where(attempt => !attempt.IsAbsent).ToList();
        return telling.Count > 0
            ? string.Join("; ", telling.Select(attempt => $"{attempt.Candidate}: {attempt.Failure}"))
            : Attempts.Length == 1
                ? $"there is no library at \"{Attempts[0].Candidate}\""
                : $"the driver's library {Attempts[0].Candidate} is neither where the system looks for libraries nor in "
                    + $"{Attempts.Length - 1} other known places: install the NVIDIA driver, or name it with nvml_library";
    }
}
