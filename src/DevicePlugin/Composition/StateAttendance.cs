using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>
/// The records of the configuration in force, and the requests of operators, which are taken while this process holds the
/// records. Nothing is touched before the monitor asks for the first record.
/// </summary>
/// <param name="mayChange">False: records are only read, as a command does.</param>
internal sealed class StateAttendance(
    InventoryMonitor monitor, TimeProvider timeProvider, ILoggerFactory loggers, bool mayChange) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly ILogger _logger = loggers.CreateLogger<StateAttendance>();
    private string? _folder;
    private RequestReader? _requests;
    private volatile bool _isStopped;

    /// <summary>Where the records are. Those of fake GPUs are kept apart: a real plugin may serve on the same node.</summary>
    public static string FolderOf(PluginConfig config) =>
        config.Backend == BackendKind.Fake ? Path.Combine(config.StateDir, "simulated") : config.StateDir;

    public HealthStore HealthOf(PluginConfig config)
    {
        // Fake GPUs are whole again when their process starts.
        if (config.Backend == BackendKind.Fake)
        {
            return HealthStore.None;
        }

        var file = new HealthFile(
            Path.Combine(config.StateDir, HealthFile.Name), BootId.Read(config.ProcRoot),
            loggers.CreateLogger<HealthFile>())
        {
            ReadClock = () => BootClock.Read(config.ProcRoot, timeProvider),
        };
        return mayChange
            ? new HealthStore(() => Take(config, HealthFile.Name, file.Load), file.Save)
            : HealthStore.None with { Load = () => file.Peek(out _) };
    }

    public KnownGpuStore KnownGpusOf(PluginConfig config)
    {
        if (config.Backend == BackendKind.Fake)
        {
            return KnownGpuStore.None;
        }

        var file = new KnownGpuFile(
            Path.Combine(config.StateDir, KnownGpuFile.Name), loggers.CreateLogger<KnownGpuFile>());
        return mayChange
            ? new KnownGpuStore(() => Take(config, KnownGpuFile.Name, file.Load), file.Save)
            {
                ExpectsThem = true,
            }
            : KnownGpuStore.None with { Load = file.Peek };
    }

    public CordonStore CordonsOf(PluginConfig config)
    {
        var file = new CordonFile(Path.Combine(FolderOf(config), CordonFile.Name), loggers.CreateLogger<CordonFile>());
        return mayChange
            ? new CordonStore(() => Take(config, former: null, file.Load), file.Save)
            : CordonStore.None with { Load = file.Load };
    }

    public async ValueTask StopRequestsAsync()
    {
        // Before the lock, under which somebody may wait for the records.
        _isStopped = true;
        RequestReader? requests;
        lock (_gate)
        {
            requests = _requests;
        }

        if (requests is not null)
        {
            await requests.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_requests is not null)
        {
            await _requests.DisposeAsync();
        }
    }

    /// <param name="config">The configuration in force.</param>
    /// <param name="former">Name of a file that earlier versions kept elsewhere; null: they had none.</param>
    /// <param name="load">Reads the record.</param>
    private T Take<T>(PluginConfig config, string? former, Func<T> load)
    {
        lock (_gate)
        {
            if (_folder != FolderOf(config) && !_isStopped)
            {
                Hold(FolderOf(config));
            }
        }

        if (former is not null)
        {
            FormerState.TakeOver(former, config.RunDir, config.StateDir, _logger);
        }

        return load();
    }

    private void Hold(string folder)
    {
        _ = _requests?.DisposeAsync().AsTask();
        _folder = folder;

        // A command that changes the records holds the lock until it is done, and so does a plugin that is still stopping: what
        // they write is to be read.
        var began = timeProvider.GetTimestamp();
        var held = StateLock.TryTake(folder, out var isHeld, out var reason);
        while (held is null && isHeld && !_isStopped && timeProvider.GetElapsedTime(began) < StateLock.StartLimit)
        {
            Thread.Sleep(Pause);
            held = StateLock.TryTake(folder, out isHeld, out reason);
        }

        if (held is null)
        {
            _logger.StateNotHeld(folder, reason);
        }

        var gpus = new GpuOperator(monitor, timeProvider)
        {
            Resets = new ResetParts(Environment.ProcessId, ResetTool.IsResetting, loggers.CreateLogger<GpuOperator>()),
        };
        _requests = new RequestReader(
            folder, held, new RequestHandlers(gpus.DoAsync, gpus.Reload), timeProvider, loggers.CreateLogger<RequestReader>());
    }
}
