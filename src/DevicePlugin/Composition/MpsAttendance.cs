using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Composition;

/// <summary>Has the MPS daemons of the configuration in force attended to.</summary>
/// <param name="mayManage">False: they are only looked at, as a command does.</param>
/// <param name="refresh">Asks for a refresh of the inventory.</param>
internal sealed class MpsAttendance(
    TimeProvider timeProvider, ILoggerFactory loggers, bool mayManage, Action refresh) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<MpsKeeper>();

    // Used by the monitor's loop alone, as what Of returns.
    private (MpsOptions Options, MpsKeeper Keeper)? _current;

    public static MpsOptions OptionsOf(PluginConfig config, bool mayManage) => new()
    {
        DriverRoot = config.DriverRoot,
        StateDirectory = config.RunDir,
        BootId = BootId.Read(config.ProcRoot),
        Manages = mayManage && config.Mps.ManageDaemon,
    };

    public Func<NodeReport, CancellationToken, Task<NodeReport>> Of(
        PluginConfig config, SharingPolicy sharing, DeviceFilter filter)
    {
        var folders = MpsFolderNames.Of(config);
        if (config.Backend == BackendKind.Fake)
        {
            return SaysOnce(folders.Length);
        }

        var options = OptionsOf(config, mayManage);
        var planner = new MpsPlanner(sharing, filter, folders, config.Mps.ThreadPercentage);
        return async (report, cancellationToken) =>
        {
            var keeper = await KeeperOfAsync(options);
            return await keeper.AttendAsync(planner.Plan(report), report, cancellationToken);
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_current is { } current)
        {
            await current.Keeper.DisposeAsync();
        }
    }

    private Func<NodeReport, CancellationToken, Task<NodeReport>> SaysOnce(int blocks)
    {
        var isSaid = blocks == 0;
        return (report, _) =>
        {
            if (!isSaid)
            {
                isSaid = true;
                _logger.NoMpsForSimulatedGpus(blocks);
            }

            return Task.FromResult(report);
        };
    }

    private async ValueTask<MpsKeeper> KeeperOfAsync(MpsOptions options)
    {
        if (_current is { } current)
        {
            if (current.Options == options)
            {
                return current.Keeper;
            }

            await current.Keeper.DisposeAsync();
        }

        var keeper = new MpsKeeper(options, timeProvider, _logger, refresh);
        _current = (options, keeper);
        return keeper;
    }
}
