using DevicePlugin.Commands;
using DevicePlugin.Composition;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Stdio;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Logging;
using DevicePlugin.Metrics;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Nomad.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Serving;

/// <summary>The plugin as Nomad runs it.</summary>
internal static class ServeCommand
{
    // Nomad kills a plugin that lives longer than 2 s after Shutdown, and a hardware call that hangs cannot be cancelled.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMilliseconds(200);

    public static async Task<int> RunAsync(string[] arguments)
    {
        ServingPlugins.NameThisProcess(BuildInfo.Name);
        using var logging = PluginLogging.ToHost();
        var logger = logging.Factory.CreateLogger<GpuNode>();
        if (!StandardStreams.IsOutputWritable)
        {
            logger.OutputClosed();
            return ExitCode.Failed;
        }

        if (arguments.Length > 0)
        {
            logger.ArgumentsIgnored(string.Join(' ', arguments));
        }

        var node = new GpuNode(TimeProvider.System, logging.Factory, logging.SetLevel);
        var metrics = new MetricsService(node, TimeProvider.System, logging.Factory);
        var exitCode = await ServeAsync(node, logging.Factory, logger);
        try
        {
            await CloseAsync(node, metrics).WaitAsync(CloseLimit);
        }
        catch (TimeoutException)
        {
            logger.HardwareStillBusy(CloseLimit.TotalMilliseconds);
        }

        return exitCode;
    }

    internal static PluginHostOptions OptionsFor(GpuNode node, ILoggerFactory loggers) => new()
    {
        ProtocolVersions = [NomadHandshake.ProtocolVersion],
        LoggerFactory = loggers,
        ConfigureServices = services => AddServices(services, node),
        Services =
        [
            PluginService.Of<BasePluginService>(
                "hashicorp.nomad.plugins.base.proto.BasePlugin", BasePlugin.BindService),
            PluginService.Of<DevicePluginService>(
                "hashicorp.nomad.plugins.device.DevicePlugin", Nomad.Protocol.DevicePlugin.BindService),
        ],
    };

    // Nomad starts a plugin that died at once and as often as it dies (client/devicemanager/instance.go), so whoever asks
    // for a restart has waited before.
    private static async Task<int> ServeAsync(GpuNode node, ILoggerFactory loggers, ILogger logger)
    {
        using var stop = new CancellationTokenSource();
        var serving = PluginHost.RunAsync(OptionsFor(node, loggers), stop.Token);
        if (await Task.WhenAny(serving, node.MustRestart) == serving)
        {
            return await serving;
        }

        logger.RestartNeeded(await node.MustRestart);
        await stop.CancelAsync();
        await serving;
        return ExitCode.Failed;
    }

    private static async Task CloseAsync(GpuNode node, MetricsService metrics)
    {
        await metrics.DisposeAsync();
        await node.DisposeAsync();
    }

    private static void AddServices(IServiceCollection services, GpuNode node)
    {
        services.AddSingleton(new PluginDescription(BuildInfo.Name, BuildInfo.Version));
        services.AddSingleton(node.Config);
        services.AddSingleton(node.Monitor);
        services.AddSingleton(node.Sampler);
        services.AddSingleton(node.Reserver);
        services.AddSingleton(node.Activity);
    }
}
