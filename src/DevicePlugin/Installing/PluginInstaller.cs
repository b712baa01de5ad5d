using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.State;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Installing;

/// <summary>
/// Puts an executable into Nomad's plugin_dir: tried first, in one rename, never a link, since a dangling one keeps the agent from
/// starting. The agent and its tasks are left alone.
/// </summary>
internal sealed class PluginInstaller(InstallOptions options, Action<string, string> tell, ILogger logger, TimeProvider time)
{
    private const int MostBytes = 256 * 1024 * 1024;
    private const string FileName = BuildInfo.Name;

    private readonly PluginTrial _trial = new(logger, time);

    /// <exception cref="InstallException">It is not installed, or not in service; the message says which.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var folder = PluginFolder.Open(options.Folder);
        var target = Path.Combine(folder.Path, FileName);
        tell("plugin_dir", folder.Path);
        WarnOf(folder);
        CheckTarget(target);
        var running = FindRunning(target);

        var former = await DescribeFormerAsync(target, cancellationToken);
        var bytes = ReadSource();
        var isThere = IsThere(target, bytes);
        if (!isThere)
        {
            var now = await TryAsync(former.Facts, cancellationToken);
            tell("version", $"{former.Version} before, {now.Version} now");
            Replace(target, bytes);
            await CheckInstalledAsync(target, now, cancellationToken);
        }
        else
        {
            tell("version", $"{former.Version}, and {target} is this file already");
        }

        await FollowAsync(target, running, cancellationToken);
    }

    private void WarnOf(PluginFolder folder)
    {
        foreach (var (path, owner) in folder.Owners)
        {
            tell("warning", $"{path} belongs to user {owner}, who can thus replace what Nomad's agent runs");
        }

        if (options.Agent is { } agent && !agent.Config.PluginLabels.Contains(BuildInfo.Name))
        {
            tell("warning", $"{agent.Path} has no block plugin \"{BuildInfo.Name}\", without which Nomad skips the file");
        }
    }

    private static void CheckTarget(string target)
    {
        if (FileStatus.ReadLink(target) is { IsRegularFile: false, IsLink: false })
        {
            throw new InstallException($"{target} is not a file. Nothing was changed.");
        }
    }

    /// <summary>The plugins that agents started from this file, or from one that it replaced.</summary>
    private List<AgentPlugin> FindRunning(string target)
    {
        var program = FileStatus.Read(target) is { } status ? ProgramFile.Of(status) : (ProgramFile?)null;
        var all = AgentPlugin.Find(FileName, NomadHandshake.Cookie.Key);
        var running = all.Where(plugin => plugin.Path == target || plugin.Program == program).ToList();
        foreach (var plugin in all.Except(running))
        {
            var elsewhere = $"the agent with process id {plugin.AgentId} runs the plugin from {plugin.Path}, and not from {target}";
            if (options.Restarts && running.Count == 0)
            {
                throw new InstallException($"Nothing was changed: {elsewhere}. Name its plugin_dir with --plugin-dir.");
            }

            tell("warning", elsewhere);
        }

        return running;
    }

    private async Task<(string Version, PluginFacts? Facts)> DescribeFormerAsync(string target, CancellationToken cancellationToken)
    {
        switch (FileStatus.ReadLink(target))
        {
            case null:
                return ("none", null);
            case { IsLink: true }:
                return ($"a link to {new FileInfo(target).LinkTarget}", null);
            case { Owner: not 0 } status when status.Owner != FileStatus.CurrentUser:
                return ($"unknown (it belongs to user {status.Owner}, so it was not started)", null);
            case { IsWritableByOthers: true }:
                return ("unknown (others may write it, so it was not started)", null);
        }

        try
        {
            var facts = await _trial.AskAsync(target, cancellationToken);
            return (facts.Version, facts);
        }
        catch (InstallException exception)
        {
            return ($"unknown ({exception.Message})", null);
        }
    }

    private byte[] ReadSource()
    {
        try
        {
            return PlainFile.Read(options.Source, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InstallException($"{options.Source} cannot be read: {exception.Message.TrimEnd('.')}. Nothing was changed.");
        }
    }

    private static bool IsThere(string target, byte[] bytes) =>
        FileStatus.ReadLink(target) is { IsRegularFile: true, IsExecutable: true }
        && PlainFile.Read(target, MostBytes, LinkRule.Refuse).AsSpan().SequenceEqual(bytes);

    private async Task<PluginFacts> TryAsync(PluginFacts? former, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await _trial.AskAsync(options.Source, cancellationToken);
            if (facts.Name != BuildInfo.Name)
            {
                throw new InstallException($"it is the plugin \"{facts.Name}\"");
            }

            if (options.Agent is not { } agent)
            {
                tell("checked", $"{options.Source} starts as a plugin");
                return facts;
            }

            await _trial.SetConfigAsync(options.Source, facts.Schema, agent.Block, cancellationToken);
            await TryFormerSchemaAsync(former?.Schema, agent, cancellationToken);
            tell("checked", $"{options.Source} starts as a plugin, and accepts the configuration in {agent.Path}");
            return facts;
        }
        catch (Exception exception) when (exception is InstallException or ConfigEncodingException)
        {
            throw new InstallException(
                $"{options.Source} cannot serve this node: {exception.Message.TrimEnd('.')}. Nothing was changed.");
        }
    }

    /// <summary>An agent keeps the schema that it read when it started, and encodes the configuration with it.</summary>
    private async Task TryFormerSchemaAsync(Spec? schema, AgentSource agent, CancellationToken cancellationToken)
    {
        if (schema is null)
        {
            return;
        }

        try
        {
            await _trial.SetConfigAsync(options.Source, schema, agent.Block, cancellationToken);
        }
        catch (ConfigEncodingException exception)
        {
            tell(
                "warning",
                $"the former version does not know the configuration in {agent.Path} ({exception.Message.TrimEnd('.')}): the agent "
                + "uses its earlier content until it is restarted");
        }
    }

    private void Replace(string target, byte[] bytes)
    {
        try
        {
            if (FileStatus.ReadLink(target) is { IsRegularFile: true })
            {
                var kept = Path.Combine(PluginFolder.Open(options.Kept).Path, FileName);
                AtomicFile.Write(kept, PlainFile.Read(target, MostBytes, LinkRule.Refuse), PlainFolder.PublicMode);
                tell("kept", $"the former file is {kept}");
            }

            AtomicFile.Write(target, bytes, PlainFolder.PublicMode);
            tell("installed", target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InstallException($"{target} cannot be replaced: {exception.Message.TrimEnd('.')}. It is as it was.");
        }
    }

    private async Task CheckInstalledAsync(string target, PluginFacts expected, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await _trial.AskAsync(target, cancellationToken);
            if (facts.Version != expected.Version)
            {
                throw new InstallException($"it says that it is version {facts.Version}");
            }
        }
        catch (InstallException exception)
        {
            throw new InstallException($"{target} is installed, but {exception.Message}. {WayBack}");
        }
    }

    private async Task FollowAsync(string target, List<AgentPlugin> running, CancellationToken cancellationToken)
    {
        var program = ProgramFile.Of(FileStatus.Read(target) ?? throw new InstallException($"{target} has gone."));
        var former = running.Where(plugin => plugin.Program != program).ToList();
        if (former.Count == 0)
        {
            TellNothingToRestart(target, running);
            return;
        }

        foreach (var plugin in former)
        {
            if (!options.Restarts)
            {
                tell(
                    "running",
                    $"process {plugin.Id} of agent {plugin.AgentId} still is the former file; when it ends, or with --restart-plugin, "
                    + "the agent starts the new one");
                continue;
            }

            await RestartAsync(plugin, program, cancellationToken);
        }
    }

    private void TellNothingToRestart(string target, List<AgentPlugin> running)
    {
        foreach (var plugin in running)
        {
            tell("running", $"process {plugin.Id} of agent {plugin.AgentId} runs this file");
        }

        if (options.Restarts && running.Count == 0)
        {
            throw new InstallException(
                $"No agent runs the plugin on this node, so there was nothing to restart. {target} is used when an agent starts"
                + (Environment.IsPrivilegedProcess ? "." : "; only root can see the processes of root."));
        }
    }

    private async Task RestartAsync(AgentPlugin plugin, ProgramFile program, CancellationToken cancellationToken)
    {
        try
        {
            var restart = new PluginRestart(() => AgentPlugin.Find(FileName, NomadHandshake.Cookie.Key), time);
            var successor = await restart.RunAsync(plugin, program, cancellationToken);
            tell("restarted", $"process {successor.Id} of agent {plugin.AgentId} serves in place of {plugin.Id}");
        }
        catch (InstallException exception)
        {
            throw new InstallException($"The new file is installed, but does not serve: {exception.Message}. {WayBack}");
        }
    }

    private string WayBack => File.Exists(Path.Combine(options.Kept, FileName))
        ? $"To go back: {Environment.ProcessPath} install --from {options.Kept}/{FileName} --plugin-dir {options.Folder} --restart-plugin"
        : "There was no file to go back to.";
}
