using System.CommandLine;
using System.Text;
using System.Text.Json;
using DevicePlugin.Installing;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Commands;

/// <summary>Copy the plugin into Nomad's plugin_dir, and put it into service where that is asked for.</summary>
internal static class InstallCommand
{
    private const string UsualAgentConfig = "/etc/nomad.d";
    private const string KeptFolder = "previous";

    public static Command Create()
    {
        var pluginDir = new Option<string?>("--plugin-dir")
        {
            Description = "Nomad's plugin_dir; by default that of the agent's configuration, or plugins in its data_dir", HelpName = "DIR",
        };
        var from = new Option<FileInfo?>("--from")
        {
            Description = "The executable to install, for example the former one; this program when absent", HelpName = "FILE",
        };
        var restart = new Option<bool>("--restart-plugin")
        {
            Description = "End the plugin that runs, so that the agent starts the new one; agent and tasks are left alone",
        };
        var agentConfig = new Option<string?>("--agent-config")
        {
            Description = $"Configuration of Nomad's agent, by default {UsualAgentConfig}; the new file must accept it",
            HelpName = "FILE|DIR",
        };
        var command = new Command("install", "Copy the plugin into Nomad's plugin_dir, checked first and in one step")
        {
            pluginDir, restart, from, agentConfig,
        };
        command.Run((parsed, cancellationToken) =>
        {
            var source = SourceOf(parsed.GetValue(from));
            var agent = ReadAgent(parsed.GetValue(agentConfig), cancellationToken);
            var folder = FolderOf(parsed.GetValue(pluginDir), agent);
            var options = new InstallOptions(source, folder, KeptOf(agent), parsed.GetValue(restart)) { Agent = agent };
            if (options.Restarts && agent is null)
            {
                throw new BadInputException(
                    $"--restart-plugin tries the new file with the agent's configuration first, and there is no {UsualAgentConfig}: "
                    + "name the configuration with --agent-config.");
            }

            return RunAsync(options, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(InstallOptions options, CancellationToken cancellationToken)
    {
        using var logging = PluginLogging.ToPerson();
        var installer = new PluginInstaller(
            options, Tell, logging.Factory.CreateLogger<PluginInstaller>(), TimeProvider.System);
        try
        {
            await installer.RunAsync(cancellationToken);
            return ExitCode.Done;
        }
        catch (InstallException exception)
        {
            await Console.Error.WriteLineAsync(PrintableText.Of(exception.Message));
            return ExitCode.Failed;
        }
    }

    private static void Tell(string what, string text) => Console.Out.WriteLine(PrintableText.Of($"{what,-10} {text}"));

    private static string SourceOf(FileInfo? file)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BadInputException("install works on Linux only; elsewhere, copy the executable into Nomad's plugin_dir.");
        }

        var source = file?.FullName ?? Environment.ProcessPath
            ?? throw new BadInputException("The system does not tell the path of this program: name it with --from.");
        if (!File.Exists(source))
        {
            throw new BadInputException($"There is no file \"{source}\": name an executable of the plugin with --from.");
        }

        return File.Exists(source + ".dll") || Path.GetFileNameWithoutExtension(source) == "dotnet"
            ? throw new BadInputException($"{source} is a build that needs the files beside it: install a published executable.")
            : source;
    }

    private static string FolderOf(string? named, AgentSource? agent)
    {
        var folder = named ?? agent?.Config.PluginDir ?? throw new BadInputException(
            (agent is null ? $"There is no {UsualAgentConfig}" : $"{agent.Path} has neither plugin_dir nor data_dir")
            + ": name the agent's plugin_dir with --plugin-dir, or its configuration with --agent-config.");
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    }

    private static AgentSource? ReadAgent(string? named, CancellationToken cancellationToken)
    {
        var path = named ?? (Path.Exists(UsualAgentConfig) ? UsualAgentConfig : null);
        if (path is null)
        {
            return null;
        }

        var config = AgentConfigOption.ReadAgent(path, cancellationToken);
        using var block = JsonDocument.Parse(AgentConfigOption.BlockOf(config).ToJsonString());
        return new AgentSource(path, config, block.RootElement.Clone());
    }

    /// <summary>Beside the plugin's records, which survive a reboot.</summary>
    private static string KeptOf(AgentSource? agent)
    {
        try
        {
            var config = agent is null
                ? PluginConfig.Default
                : PluginConfigReader.FromJson(Encoding.UTF8.GetBytes(agent.Block.GetRawText())).Config;
            return Path.Combine(config.StateDir, KeptFolder);
        }
        catch (PluginConfigException exception)
        {
            throw new BadInputException($"The configuration in {agent!.Path} is wrong: {exception.Message}");
        }
    }
}
