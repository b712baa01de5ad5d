using System.CommandLine;
using DevicePlugin.Comparison;
using DevicePlugin.Doctor;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Commands;

/// <summary>Everything that keeps a task from its GPU, looked at in one go.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines" };
        var compare = new Option<bool>("--compare-with-nvidia-smi")
        {
            Description = "Compare with nvidia-smi every value that it has too",
        };
        var pluginDir = new Option<string?>("--plugin-dir")
        {
            Description = "Nomad's plugin_dir; by default that of --agent-config",
            HelpName = "DIR",
        };
        var agentConfig = new AgentConfigOption();
        var root = new Option<string>("--root")
        {
            Description = "Where the node's file tree is, seen from here: a host's root that is mounted in a container",
            HelpName = "DIR",
            DefaultValueFactory = _ => "/",
        };
        var options = new NodeOptions();
        var command = new Command("doctor", "Check the node, and say what to do about what is wrong")
        {
            json, pluginDir, compare,
        };
        agentConfig.AddTo(command);
        command.Options.Add(root);
        options.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var files = new NodeRoot(ReadRoot(parsed.GetRequiredValue(root)));
            var agent = agentConfig.Read(parsed, cancellationToken);
            var block = options.ReadObject(parsed, AgentConfigOption.BlockOf(agent), cancellationToken);
            var source = options.FileOf(parsed) ?? agentConfig.PathOf(parsed) ?? "the defaults";

            // What the hardware logs on the way is what the checks tell.
            var node = await Examiner.ExamineAsync(
                new Examination
                {
                    Files = files,
                    Agent = agent,
                    PluginDir = parsed.GetValue(pluginDir) ?? agent?.PluginDir,
                },
                block, source, NullLoggerFactory.Instance, cancellationToken);
            if (parsed.GetValue(compare))
            {
                node = node with { Comparison = await CompareAsync(node, cancellationToken) };
            }

            var report = DoctorChecks.Run(node);
            Print(report, parsed.GetValue(json));
            return report.Status == CheckStatus.Fail ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    // After the others, so that only one of them asks the driver at a time.
    private static async Task<SmiComparison> CompareAsync(Examination node, CancellationToken cancellationToken) =>
        node.IsFake || !node.HasDriver
            ? SmiComparison.Failed("the driver cannot be used")
            : await SmiComparer.RunAsync(node.Config, NullLoggerFactory.Instance, cancellationToken);

    private static string ReadRoot(string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw new BadInputException($"There is no folder \"{folder}\": name the root of a file tree with --root.");

    private static void Print(DoctorReport report, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonLine.Write(report.WriteJson));
        }
        else
        {
            DoctorView.Write(HumanConsole.Create(), report);
        }
    }
}
