using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Services;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>The node's GPUs under one configuration: what serving and every command are built on.</summary>
internal sealed class GpuNode : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggers;
    private readonly Action<LogLevel>? _setLogLevel;
    private readonly bool _keepsState;
    private readonly TaskCompletionSource<string> _mustRestart = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="keepsState">Whether what is found is kept for the next process: a command only looks.</param>
    /// <param name="setLogLevel">Told of <c>log_level</c>; null where the level is the caller's business.</param>
    public GpuNode(
        TimeProvider timeProvider, ILoggerFactory loggers, Action<LogLevel>? setLogLevel = null, bool keepsState = true)
    {
        _keepsState = keepsState;
        _timeProvider = timeProvider;
        _loggers = loggers;
        _setLogLevel = setLogLevel;
        Monitor = new InventoryMonitor(timeProvider, loggers.CreateLogger<InventoryMonitor>());
        Sampler = new StatisticsSampler(Monitor, timeProvider, loggers.CreateLogger<StatisticsSampler>());
        Config = new ActiveConfig(Apply);
    }

    public InventoryMonitor Monitor { get; }

    public StatisticsSampler Sampler { get; }

    public ActiveConfig Config { get; }

    /// <summary>The real hardware in use; null while there is none, and with a fake node.</summary>
    public NvmlBackend? Nvml { get; private set; }

    /// <summary>Completes with the reason when only a new process can use the driver again.</summary>
    public Task<string> MustRestart => _mustRestart.Task;

    public static GpuNode ForCommand(PluginConfig config, ILoggerFactory loggers)
    {
        var node = new GpuNode(TimeProvider.System, loggers, keepsState: false);
        node.Config.Replace(config);
        return node;
    }

    /// <summary>The inventory that a Fingerprint stream would begin with.</summary>
    public async Task<Inventory> ReadInventoryAsync(CancellationToken cancellationToken)
    {
        await using var inventories = Monitor.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await inventories.MoveNextAsync();
        return inventories.Current;
    }

    public async ValueTask DisposeAsync()
    {
        await Sampler.DisposeAsync();
        await Monitor.DisposeAsync();
    }

    private void Apply(PluginConfig config)
    {
        _setLogLevel?.Invoke(config.LogLevel);
        Monitor.Configure(new MonitorSettings
        {
            Enabled = config.Enabled,
            Period = config.FingerprintPeriod,
            Filter = new DeviceFilter(config.IgnoredGpuIds),
            Health = new HealthPolicy
            {
                Enabled = config.Health.Enabled,
                Xids = new XidTable(config.Health.IgnoredXids, config.Health.CriticalXids),
                Store = StoreOf(config),
            },
            ReadMaintenance = new MaintenanceFile(config.MaintenanceFile).Read,
            OpenBackend = () => Open(config),
        });
    }

    // Made-up GPUs are whole again when their process starts.
    private HealthStore StoreOf(PluginConfig config)
    {
        if (config.Backend == BackendKind.Fake)
        {
            return HealthStore.None;
        }

        var file = new HealthFile(Path.Combine(config.StateDir, "health.json"), _loggers.CreateLogger<HealthFile>());
        return _keepsState ? new HealthStore(file.Load, file.Save) : HealthStore.None with { Load = file.Load };
    }

    private IGpuBackend Open(PluginConfig config)
    {
        var backend = BackendChoice.Open(config, _timeProvider, _loggers);
        if (backend is NvmlBackend nvml)
        {
            Nvml = nvml;
            _ = ForwardAsync(nvml.MustRestart);
        }

        return backend;
    }

    private async Task ForwardAsync(Task<string> mustRestart) => _mustRestart.TrySetResult(await mustRestart);
}
