using System.CommandLine;
using System.Runtime.InteropServices;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Hosting;
using DevicePlugin.Logging;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Commands;

/// <summary>Be a minimal Nomad for a device plugin.</summary>
internal static class HostCommand
{
    private const int DefaultSamples = 3;

    internal static Command Create()
    {
        var plugin = new Option<FileInfo?>("--plugin")
        {
            Description = "The device plugin's executable; this program when absent",
            HelpName = "PATH",
        };
        var mutualTls = new Option<bool>("--auto-mtls") { Description = "Ask for AutoMTLS, which Nomad does not do" };
        var samples = new Option<int>("--samples")
        {
            Description = "Statistics samples to read",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultSamples,
        };
        var json = new Option<bool>("--json") { Description = "One JSON object a line for each step" };
        var node = new NodeOptions();

        var command = new Command("host", "Start a device plugin as Nomad would and drive each of its calls")
        {
            plugin, mutualTls, samples, json,
        };
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var sampleCount = parsed.GetValue(samples);
            if (sampleCount < 0)
            {
                throw new BadInputException($"--samples is {sampleCount}; it must not be negative.");
            }

            var (fileName, arguments) = FindPlugin(parsed.GetValue(plugin));
            var options = new HostOptions(
                fileName, arguments, node.ReadBlock(parsed, cancellationToken), parsed.GetValue(mutualTls), sampleCount);
            return await RunAsync(options, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static (string FileName, IReadOnlyList<string> Arguments) FindPlugin(FileInfo? file)
    {
        if (file is null)
        {
            return PluginCommand.OfThisProgram();
        }

        return file.Exists
            ? (file.FullName, [])
            : throw new BadInputException($"There is no plugin at '{file.FullName}'. Name its executable with --plugin.");
    }

    private static async Task<int> RunAsync(HostOptions options, bool json, CancellationToken cancellationToken)
    {
        using var logging = PluginLogging.ToPerson();
        IHostReport report = json ? new JsonHostReport(Console.Out) : new HumanHostReport(HumanConsole.Create());
        var session = new HostSession(
            options, report, logging.Factory.CreateLogger<HostSession>(), TimeProvider.System)
        {
            LogReceived = PrintWarning,
            OutputReceived = output => Console.Error.WriteLine($"plugin prints: {output.Text.TrimEnd()}"),
        };
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var hangUp = CancelOn(PosixSignal.SIGHUP, ending);
        using var quit = CancelOn(PosixSignal.SIGQUIT, ending);
        try
        {
            return await session.RunAsync(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    // The terminal is closed, or the session's leader has ended: the process would die of it and leave the plugin running.
    private static PosixSignalRegistration CancelOn(PosixSignal signal, CancellationTokenSource ending) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            ending.Cancel();
        });

    // A plugin's debug lines are for Nomad's log; its warnings explain what is seen here.
    private static void PrintWarning(PluginLogLine line)
    {
        if (line.Level >= LogLevel.Warning)
        {
            Console.Error.WriteLine($"plugin {(line.Level == LogLevel.Warning ? "warning" : "error")}: {line.Message}");
        }
    }
}
