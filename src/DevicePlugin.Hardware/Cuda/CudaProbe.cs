using System.Text.Json;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// Asks the CUDA driver in a short-lived child of this executable, once a driver load, again when GPUs came or came back, and
/// with growing pauses while it fails. Whatever happens to the child costs its facts and nothing else.
/// </summary>
internal sealed class CudaProbe(NvmlOptions options, ILogger logger, TimeProvider time) : IDisposable
{
    private const string LibraryName = "libcuda.so.1";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    // A GPU that comes and goes must not keep a child running on all other GPUs, nor a driver that is loaded again and again.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private (int Loads, string? Version) _asked;
    private int _course;
    private long _began;
    private TimeSpan _pause = FirstPause;
    private string? _trouble;
    private int? _unkilled;
    private CudaFactTable? _known;
    private CancellationTokenSource? _end;
    private bool _isDisposed;
    private bool _isFinishTold;
    private Task<CudaFactTable?>? _facts;

    /// <summary>There may be something new: called when a child ended that nobody waited for.</summary>
    public event Action? Finished;

    public bool IsAsking => _facts is { IsCompleted: false };

    // Null: CUDA could not be asked.
    private bool HasFailed => _facts is { IsCompletedSuccessfully: true, Result: null };

    /// <summary>Asks where that is due, and waits for nothing.</summary>
    /// <param name="driverLoads">Nothing that was asked under another load is kept.</param>
    /// <param name="driverVersion">Likewise.</param>
    /// <param name="course">
    /// Changes when GPUs came or were out of reach. CUDA is then asked again; the existing answers stay valid until the new
    /// ones are here, since they are keyed by UUID and others need not wait.
    /// </param>
    public void Ask(int driverLoads, string? driverVersion, int course)
    {
        if (_facts is null || _asked != (driverLoads, driverVersion))
        {
            _asked = (driverLoads, driverVersion);
            _known = null;
            _pause = FirstPause;
            if (!HasFailed || IsOver(FirstPause))
            {
                Begin(course);
            }
        }
        else if (IsDueAgain(course))
        {
            _pause = !HasFailed ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            Begin(course);
            TellFinish();
        }
    }

    /// <summary>
    /// What is known. The first answer of a driver load is waited for; when it comes later, <see cref="Finished"/> tells.
    /// </summary>
    public async Task<CudaFactTable> ReadAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_facts is { } asked && (_known is null || !IsAsking))
        {
            var load = _asked;
            await ((Task)asked).WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (!asked.IsCompleted)
            {
                TellFinish();
                return _known ?? CudaFactTable.Empty;
            }

            var facts = await asked.ConfigureAwait(false);
            if (_asked != load)
            {
                // CUDA is asked under another load by now, and this answer must not pass for that one.
                return facts ?? CudaFactTable.Empty;
            }

            // A child that failed, or could not use CUDA because of one GPU, says nothing against what is known of the others.
            _known = facts is null or { IsEmpty: true } ? _known ?? CudaFactTable.Empty : facts;
        }

        return _known ?? CudaFactTable.Empty;
    }

    public void Dispose() => End(isForGood: true);

    private void TellFinish()
    {
        if (!_isFinishTold)
        {
            _isFinishTold = true;
            _facts!.ContinueWith(
                _ => Finished?.Invoke(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private bool IsDueAgain(int course) =>
        !IsAsking && (course != _course ? IsOver(FirstPause) : HasFailed && IsOver(_pause));

    private bool IsOver(TimeSpan pause) => time.GetElapsedTime(_began) >= pause;

    /// <summary>One child at a time: one that was asked under another driver load is ended first.</summary>
    private void Begin(int course)
    {
        _course = course;
        _began = time.GetTimestamp();
        _isFinishTold = false;
        _facts = ReadAsync(_facts, End(isForGood: false));
    }

    /// <summary>Ends the child that runs.</summary>
    /// <returns>Ends the next one.</returns>
    private CancellationToken End(bool isForGood)
    {
        CancellationTokenSource? last;
        CancellationToken next;
        lock (_lock)
        {
            last = _end;
            _isDisposed |= isForGood;
            _end = _isDisposed ? null : new CancellationTokenSource();
            next = _end?.Token ?? new CancellationToken(canceled: true);
        }

        last?.Cancel();
        last?.Dispose();
        return next;
    }

    private async Task<CudaFactTable?> ReadAsync(Task? previous, CancellationToken end)
    {
        if (options.ProbeExecutable is not { } executable)
        {
            return CudaFactTable.Empty;
        }

        try
        {
            await (previous ?? Task.CompletedTask).WaitAsync(end).ConfigureAwait(false);
            var report = await AskAsync(executable, end).ConfigureAwait(false);
            Tell(report.Error);
            return report.Error is null ? new CudaFactTable(report.Devices ?? []) : null;
        }
        catch (OperationCanceledException)
        {
            // Ended for the next one, or with the backend.
            return null;
        }
    }

    private void Tell(string? trouble)
    {
        if (trouble is not null && trouble != _trouble)
        {
            logger.NoCudaFacts(trouble);
        }

        _trouble = trouble;
    }

    private async Task<CudaReport> AskAsync(string executable, CancellationToken end)
    {
        // A process that hangs in the driver cannot be killed, and a second one would hang too.
        if (_unkilled is { } id && CudaChild.IsRunning(id))
        {
            return new CudaReport { Error = $"the probe with process ID {id} hangs in the driver and cannot be ended" };
        }

        string[] arguments = FindLibrary() is { } library ? [CudaDriver.ProbeCommand, library] : [CudaDriver.ProbeCommand];
        var result = await CudaChild.RunAsync(executable, arguments, Limit, time, end).ConfigureAwait(false);
        _unkilled = result.Unkilled;
        if (!result.IsDone)
        {
            return new CudaReport { Error = $"the probe failed: {result.Problem}" };
        }

        try
        {
            return CudaJson.Read(result.Output);
        }
        catch (JsonException exception)
        {
            return new CudaReport { Error = exception.Message };
        }
    }

    /// <summary>The driver's parts belong together: beside a configured NVML, or under the driver root.</summary>
    private string? FindLibrary()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var candidates = string.IsNullOrEmpty(options.LibraryPath)
            ? NvmlLibraryLocator.UnderDriverRoot(options.DriverRoot, LibraryName)
            : [Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.LibraryPath)) ?? "/", LibraryName)];
        return candidates.FirstOrDefault(File.Exists);
    }
}
