using System.Net;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.HandOut;
using DevicePlugin.Hardware.Hooks;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.TimeSlicing;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Reservations;
using DevicePlugin.Nomad.Services;
using DevicePlugin.Nomad.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>The node's GPUs under one configuration: what serving and every command are built on.</summary>
internal sealed class GpuNode : IAsyncDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly ILoggerFactory _loggers;
    private readonly Action<LogLevel>? _setLogLevel;
    private readonly bool _keepsState;
    private readonly CdiSpecKeeper _cdi;
    private readonly HandOutKeeper _handOut;
    private readonly MpsAttendance _mps;
    private readonly TimeSliceKeeper _timeSlices;
    private readonly StuckCalls _stuckCalls;
    private readonly StateAttendance _state;
    private readonly ChangeHook? _hook;
    private readonly TaskCompletionSource<string> _mustRestart = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="keepsState">Whether what is found is kept for the next process: a command only looks.</param>
    /// <param name="changesRecords">Whether cordons and causes are kept; null: as everything else.</param>
    /// <param name="setLogLevel">Told of <c>log_level</c>; null where the level is the caller's business.</param>
    public GpuNode(
        TimeProvider timeProvider, ILoggerFactory loggers, Action<LogLevel>? setLogLevel = null, bool keepsState = true,
        bool? changesRecords = null)
    {
        _keepsState = keepsState;
        _timeProvider = timeProvider;
        _loggers = loggers;
        Logger = loggers.CreateLogger<GpuNode>();
        _setLogLevel = setLogLevel;
        _stuckCalls = new StuckCalls(timeProvider, loggers.CreateLogger<StuckCalls>());
        _ = ForwardAsync(_stuckCalls.MustRestart);
        Monitor = new InventoryMonitor(timeProvider, loggers.CreateLogger<InventoryMonitor>());
        Sampler = new StatisticsSampler(Monitor, timeProvider, loggers.CreateLogger<StatisticsSampler>());
        _cdi = new CdiSpecKeeper(loggers.CreateLogger<CdiSpecKeeper>());
        _handOut = new HandOutKeeper(_cdi, timeProvider, loggers.CreateLogger<HandOutKeeper>(), Monitor.RefreshSoon);
        _mps = new MpsAttendance(timeProvider, loggers, mayManage: keepsState, Monitor.RefreshSoon);
        _timeSlices = new TimeSliceKeeper(timeProvider, loggers.CreateLogger<TimeSliceKeeper>());
        Reserver = new Reserver(Monitor);
        _state = new StateAttendance(Monitor, timeProvider, loggers, mayChange: changesRecords ?? keepsState);
        _hook = keepsState
            ? new ChangeHook(
                new ConditionJournal(Monitor, timeProvider), Dns.GetHostName(), timeProvider, loggers.CreateLogger<ChangeHook>())
            : null;
        Config = new ActiveConfig(Apply);
    }

    public ILogger Logger { get; }

    public InventoryMonitor Monitor { get; }

    public StatisticsSampler Sampler { get; }

    public Reserver Reserver { get; }

    public ActiveConfig Config { get; }

    public ServiceActivity Activity { get; } = new();

    public NvmlCallMeter NvmlCalls { get; } = new();

    /// <summary>Raised when a configuration is in force, inside the call that Nomad waits for: to be quick.</summary>
    public event Action<PluginConfig>? Configured;

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
        await (_hook?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _state.StopRequestsAsync();
        await Sampler.DisposeAsync();
        await Monitor.DisposeAsync();
        await _state.DisposeAsync();
        await _mps.DisposeAsync();
        await _handOut.DisposeAsync();
        await _timeSlices.DisposeAsync();
    }

    private void Apply(PluginConfig config)
    {
        _setLogLevel?.Invoke(config.LogLevel);
        _timeSlices.Configure(new TimeSliceOptions
        {
            DriverRoot = config.DriverRoot,
            StateFile = Path.Combine(config.RunDir, "time-slices"),
            BootId = BootId.Read(config.ProcRoot),
        });
        _hook?.Configure(new ChangeHookOptions(config.Health.OnChange, config.OwnRunDir, BootId.Read(config.ProcRoot)));
        var handOut = HandOutOf(config);
        Reserver.Configure(handOut.Policy);
        var filter = new DeviceFilter(config.IgnoredGpuIds);
        var sharing = SharingPolicies.Of(config);
        Monitor.Configure(new MonitorSettings
        {
            Enabled = config.Enabled,
            Period = config.FingerprintPeriod,
            Filter = filter,
            Sharing = sharing,
            Health = HealthPolicies.Of(config) with { Store = _state.HealthOf(config) },
            Cordons = _state.CordonsOf(config),
            Known = _state.KnownGpusOf(config),
            ReadMaintenance = MaintenanceOf(config).Read,
            IsResetting = _keepsState ? ResetTool.IsResetting : _ => false,
            Attend = _mps.Of(config, sharing, filter),
            Refreshed = _keepsState ? _timeSlices.Offer : _ => ReloadCordons(),
            FindObstacles = (inventory, token) => _handOut.FindObstaclesAsync(handOut, inventory, token),
            OpenBackend = () => Open(config),
        });
        Configured.Tell(config, Logger.ConfigurationListenerFailed);
    }

    // A plugin that serves does it with each look for requests. A command that runs on, as watch does, is to show new ones too.
    private void ReloadCordons() => new GpuOperator(Monitor, _timeProvider).Reload(mayWrite: false);

    private HandOutOptions HandOutOf(PluginConfig config)
    {
        var files = new NodeFileReader(BackendChoice.NodeFileOptionsOf(config), _timeProvider);
        var cdi = BackendChoice.CdiOptionsOf(config);
        if (cdi is null && _keepsState && config.Reserve.KeepsCdiSpec)
        {
            Logger.NoCdiSpecForSimulatedGpus(config.Reserve.CdiSpecDir);
        }

        var folders = MpsFolderNames.Of(config);
        NodeFiles Read(ReservationRequest request)
        {
            var read = files.Read(request.Gpus, request.Driver);
            return cdi is { IsWanted: true } ? read with { Cdi = _cdi.Look(cdi, read) } : read;
        }

        var policy = ReservationPolicies.Of(config.Reserve, Read);
        policy = policy with
        {
            Strategies = policy.Strategies.Add(new MpsClients(folders)),
            ReadFiles = folders.IsEmpty ? policy.ReadFiles : Read,
        };
        return new HandOutOptions
        {
            Policy = policy, Files = files, Cdi = _keepsState ? cdi : null, Maker = _keepsState ? MakerOf(config) : null,
        };
    }

    private DeviceNodeMaker? MakerOf(PluginConfig config)
    {
        if (!config.Reserve.CreateDeviceNodes)
        {
            return null;
        }

        var maintenance = MaintenanceOf(config);
        return new DeviceNodeMaker(
            new DeviceNodeMakerOptions
            {
                DriverRoot = config.DriverRoot,
                DevRoot = config.DevRoot,
                IsInMaintenance = () => maintenance.Read() is not null,
            },
            _timeProvider, _loggers.CreateLogger<DeviceNodeMaker>());
    }

    private MaintenanceFile MaintenanceOf(PluginConfig config) => new(
        config.MaintenanceFile, config.FormerMaintenanceFile, _loggers.CreateLogger<MaintenanceFile>());

    private IGpuBackend Open(PluginConfig config)
    {
        var backend = BackendChoice.Open(config, _timeProvider, _loggers, _stuckCalls, NvmlCalls, Monitor);
        if (backend is NvmlBackend nvml)
        {
            Nvml = nvml;
            _ = ForwardAsync(nvml.MustRestart);
        }

        return backend;
    }

    private async Task ForwardAsync(Task<string> mustRestart) => _mustRestart.TrySetResult(await mustRestart);
}
