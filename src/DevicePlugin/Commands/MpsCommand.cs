using System.CommandLine;
using System.Globalization;
using DevicePlugin.Composition;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Sharing;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Commands;

/// <summary>The MPS control daemons, which outlive the plugin.</summary>
internal static class MpsCommand
{
    public static Command Create() => new("mps", "Show or stop the MPS control daemons of shared GPUs")
    {
        CreateStop(),
        CreateStatus(),
    };

    private static Command CreateStop()
    {
        var force = new Option<bool>("--force")
        {
            Description = "Also daemons that have clients, whose work on the GPU ends",
        };
        var node = new NodeOptions();
        var command = new Command("stop", "End the daemons and put the compute modes of their GPUs back") { force };
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            using var logging = PluginLogging.ToPerson();
            var config = node.Read(parsed, cancellationToken);
            var daemons = DaemonsOf(config, logging.Factory);
            var told = 0;
            var isDone = await daemons.StopAsync(parsed.GetValue(force), Tell, cancellationToken);
            Conclude(config, told, isDone);
            return isDone ? ExitCode.Done : ExitCode.Failed;

            void Tell(string text)
            {
                told++;
                Console.Out.WriteLine(PrintableText.Of(text));
            }
        });
        return command;
    }

    private static Command CreateStatus()
    {
        var node = new NodeOptions();
        var command = new Command("status", "Show the daemons, whether they work, and their GPUs");
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            using var logging = PluginLogging.ToPerson();
            var config = node.Read(parsed, cancellationToken);
            var daemons = await DaemonsOf(config, logging.Factory).ListAsync(cancellationToken);
            foreach (var daemon in daemons)
            {
                Print(daemon);
            }

            if (daemons.Count == 0)
            {
                Console.Out.WriteLine(NoneKnown(config));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static MpsDaemons DaemonsOf(PluginConfig config, ILoggerFactory loggers) => new(
        MpsAttendance.OptionsOf(config, mayManage: true), MpsFolderNames.Of(config), TimeProvider.System,
        loggers.CreateLogger<MpsDaemons>());

    private static void Print(MpsDaemonStatus daemon)
    {
        var process = daemon.Process?.ToString(CultureInfo.InvariantCulture) ?? "none";
        Console.Out.WriteLine($"sharing[{daemon.Block}]");
        Console.Out.WriteLine($"  process      {process}");
        Console.Out.WriteLine($"  state        {PrintableText.Of(daemon.State)}");
        Console.Out.WriteLine($"  pipe folder  {PrintableText.Of(daemon.PipeDirectory)}");
        foreach (var (uuid, formerMode) in daemon.Gpus)
        {
            Console.Out.WriteLine(PrintableText.Of($"  GPU          {uuid}, compute mode before: {formerMode}"));
        }
    }

    private static void Conclude(PluginConfig config, int told, bool isDone)
    {
        if (told == 0)
        {
            Console.Out.WriteLine(NoneKnown(config));
        }
        else if (!isDone)
        {
            Console.Out.WriteLine("End the tasks that use them first, or use --force.");
        }
        else
        {
            Console.Out.WriteLine(
                "A plugin that runs with these sharing blocks starts them again; its maintenance file prevents that.");
        }
    }

    private static string NoneKnown(PluginConfig config) =>
        $"No MPS control daemon of this plugin is known under {config.RunDir}; --config names another run_dir.";
}
