using System.CommandLine;
using DevicePlugin.Composition;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Watching;
using Spectre.Console;

namespace DevicePlugin.Commands;

/// <summary>The node's GPUs on a terminal, live; plain lines where there is none.</summary>
internal static class WatchCommand
{
    private static readonly WatchSize UsualSize = new(80, 24);

    public static Command Create()
    {
        var interval = new IntervalOption();
        var node = new NodeOptions();
        var command = new Command("watch", "Show utilization, memory, power and health live; q quits");
        interval.AddTo(command);
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var period = StatisticsSampler.Bound(interval.Read(parsed));
            var config = node.Read(parsed, cancellationToken);
            await (IsLive() ? ShowAsync(config, period, cancellationToken) : PrintAsync(config, period, cancellationToken));
            return ExitCode.Done;
        }, endsByInterrupt: true);
        return command;
    }

    // "dumb" is the name of a terminal that cannot move its cursor.
    private static bool IsLive() =>
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "");

    private static async Task PrintAsync(PluginConfig config, TimeSpan interval, CancellationToken cancellationToken)
    {
        using var logging = PluginLogging.ToPerson();
        await using var gpus = GpuNode.ForCommand(config, logging.Factory);
        await WatchFeed.RunAsync(gpus, interval, Print, cancellationToken);
    }

    private static void Print(WatchSnapshot snapshot)
    {
        foreach (var line in snapshot.Driver is null ? [] : WatchLines.Of(snapshot))
        {
            Console.Out.WriteLine(line);
        }
    }

    private static async Task ShowAsync(PluginConfig config, TimeSpan interval, CancellationToken cancellationToken)
    {
        // Disposed last: by then the terminal is as it was.
        using var logging = PluginLogging.ToPersonAfterwards();
        await using var gpus = GpuNode.ForCommand(config, logging.Factory);
        using var screen = new TerminalScreen(Console.OpenStandardOutput());
        var hasKeys = !Console.IsInputRedirected;
        var view = new WatchView(WatchGlyphs.ForTerminal(Environment.GetEnvironmentVariable), hasKeys, AnsiSupport.Yes);
        var live = new LiveView(view, screen, ReadSize);
        using var signals = new TerminalSignals(screen, live.Inputs);
        if (hasKeys)
        {
            WatchKeys.Listen(live.Inputs);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parts = [WatchFeed.RunAsync(gpus, interval, live.Show, stop.Token), live.RunAsync(stop.Token)];
        await Task.WhenAny(parts);
        await stop.CancelAsync();
        await ((Task)Task.WhenAll(parts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var failed in parts.Where(part => part.IsFaulted))
        {
            await failed;
        }
    }

    private static WatchSize ReadSize()
    {
        var size = new WatchSize(Console.WindowWidth, Console.WindowHeight);
        return size is { Columns: > 0, Lines: > 0 } ? size : UsualSize;
    }
}
