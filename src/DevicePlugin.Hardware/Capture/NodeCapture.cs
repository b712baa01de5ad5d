using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Cuda;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Capture;

/// <summary>Reads this node through NVML, CUDA's probe and sysfs into a scenario: docs/scenarios.md.</summary>
public sealed class NodeCapture
{
    private const double KiBPerMiB = 1024;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    // NVML compares two GPM samples that lie at least a window apart.
    private static readonly TimeSpan ActivityWindow = GpmActivity.ShortestWindow * 1.2;

    private readonly NvmlOptions _options;
    private readonly Action<string> _progress;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private bool _isStuck;

    /// <param name="options">Where the driver is, and how long NVML may take for one GPU.</param>
    /// <param name="progress">Told in sentences what was found.</param>
    /// <param name="logger">For the state of the driver.</param>
    /// <param name="time">Only the time between two samples of activity is taken from it, and limits.</param>
    public NodeCapture(NvmlOptions options, Action<string> progress, ILogger logger, TimeProvider time)
    {
        _options = options;
        _progress = progress;
        _logger = logger;
        _time = time;
    }

    /// <summary>
    /// The node as it is now. A driver that is not there is a scenario too, one without GPUs; a GPU that does not
    /// answer is recorded with what it told before.
    /// </summary>
    /// <exception cref="CaptureException">NVML hangs, or the driver went away in the middle.</exception>
    public async Task<Scenario> ReadAsync(CancellationToken cancellationToken)
    {
        var connection = new NvmlConnection(
            _options, new StuckCalls(_time, _logger), new GpuEventHub(), _logger, _time);
        using var worker = new NvmlWorker("nvml capture", _options.CallTimeout, _time);
        try
        {
            var session = await worker.RunAsync(() => connection.Ensure(isRetry: false), cancellationToken)
                .ConfigureAwait(false);
            return session is null
                ? Describe(DriverOf(connection.Status!), KeyedValues.Empty, [])
                : await ReadAsync(session, worker, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            _isStuck = true;
            throw new CaptureException($"{exception.Message}.", exception);
        }
        catch (NvmlException exception)
        {
            throw new CaptureException($"The driver went away: {exception.Message}.", exception);
        }
        finally
        {
            // A call that hangs may hold NVML's lock, in which a shutdown would hang too.
            if (!_isStuck)
            {
                connection.Abandon(CloseLimit);
            }
        }
    }

    private async Task<Scenario> ReadAsync(NvmlSession session, NvmlWorker worker, CancellationToken cancellationToken)
    {
        var system = session.Api.System;
        var (driver, count) = await worker.RunAsync(
            () => (DriverOf(session.Status, NvmlVersion(session.Api)), Count(session.Api)), cancellationToken)
            .ConfigureAwait(false);
        _progress($"Driver {session.Status.Version ?? "of unknown version"}, {count} GPUs.");
        using var probe = new CudaProbe(_options, _logger, _time);
        probe.Ask(0, session.Status.Version, 0);
        var cuda = await probe.ReadAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        var gpus = ImmutableArray.CreateBuilder<KeyedValues>();
        for (var index = 0; index < count; index++)
        {
            gpus.Add(await ReadGpuAsync(index, session, cuda, cancellationToken).ConfigureAwait(false));
        }

        return Describe(driver, SystemOf(session.Status, gpus), gpus.DrainToImmutable());
    }

    private async Task<KeyedValues> ReadGpuAsync(
        int index, NvmlSession session, CudaFactTable cuda, CancellationToken cancellationToken)
    {
        using var worker = new NvmlWorker($"nvml capture {index}", _options.CallTimeout, _time);
        var gpu = new GpuCapture(index, session.Api, _options, _time);
        try
        {
            if (await worker.RunAsync(gpu.Open, cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(ActivityWindow, _time, cancellationToken).ConfigureAwait(false);
            }

            await worker.RunAsync(
                () =>
                {
                    using (gpu)
                    {
                        gpu.Read(session.Status.Version);
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            gpu.Add(cuda);
            _progress($"GPU {index}, {gpu.Values[IdentityKeys.Name]}: {gpu.Outcome}.");
        }
        catch (TimeoutException exception)
        {
            _isStuck = true;
            _progress($"GPU {index}: {exception.Message}; what it told before is recorded.");
        }

        return gpu.Values;
    }

    private static int Count(NvmlApi api)
    {
        uint count = 0;
        var result = api.System.DeviceCount.Call(ref count);
        return result == NvmlReturn.Success ? (int)count : throw new NvmlException(api.System.DeviceCount.Name, result);
    }

    private static string? NvmlVersion(NvmlApi api)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        return api.System.NvmlVersion.CallText(buffer) == NvmlReturn.Success ? NvmlText.Read(buffer) : null;
    }

    private static KeyedValues DriverOf(DriverStatus status, string? nvmlVersion = null) => KeyedValues.Empty
        .With(DriverKeys.State, status.State switch
        {
            DriverState.Loaded => "loaded",
            DriverState.LibraryMissing => "library_missing",
            DriverState.NotLoaded => "not_loaded",
            DriverState.VersionMismatch => "version_mismatch",
            DriverState.NoPermission => "no_permission",
            _ => "failed",
        })
        .With(DriverKeys.Version, status.Version)
        .With(DriverKeys.NvmlVersion, nvmlVersion)
        .With(DriverKeys.CudaVersion, status.Cuda?.ToString())
        .WithoutNulls();

    /// <summary>The machine's memory says something about a GPU only where it is the GPU's too.</summary>
    private KeyedValues SystemOf(DriverStatus status, IEnumerable<KeyedValues> gpus)
    {
        var memory = gpus.Any(gpu => gpu[MemoryKeys.Unified] is true) ? SystemMemory.Read(_options.ProcRoot) : null;
        return KeyedValues.Empty
            .With(SystemKeys.MemoryTotalMiB, memory?.TotalKiB / KiBPerMiB)
            .With(SystemKeys.MemoryAvailableMiB, memory?.AvailableKiB / KiBPerMiB)
            .With(SystemKeys.ConfidentialCompute, status.ConfidentialCompute)
            .WithoutNulls();
    }

    private static Scenario Describe(KeyedValues driver, KeyedValues system, ImmutableArray<KeyedValues> gpus)
    {
        var models = gpus.GroupBy(gpu => gpu[IdentityKeys.Name])
            .Select(model => string.Create(CultureInfo.InvariantCulture, $"{model.Count()}x {model.Key}"));
        var what = gpus.IsEmpty ? $"no GPU, driver {driver[DriverKeys.State]}" : string.Join(", ", models);
        var description = $"Captured from a node: {what}";
        var length = Math.Min(description.Length, ScenarioKeys.Description.MaxLength ?? 0);
        return new Scenario(description[..length], driver, gpus)
        {
            Source = "Recorded by the capture command through NVML.",
            System = system,
        };
    }
}
