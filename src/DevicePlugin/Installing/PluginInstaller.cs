using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Hardware.State;
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
    private readonly PluginCheck _check = new(options, new PluginTrial(logger, time), tell);
    private bool _isKept;

    /// <exception cref="InstallException">It is not installed, or not in service; the message says which.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isNew = !Directory.Exists(options.Folder);
        var folder = PluginFolder.Open(options.Folder);
        var target = Path.Combine(folder.Path, FileName);
        tell("plugin_dir", folder.Path + (isNew ? ", which is new" : ""));
        WarnOf(folder);
        CheckTarget(target);
        var formerProgram = FileStatus.Read(target) is { } status ? ProgramFile.Of(status) : (ProgramFile?)null;
        RefuseOthers(target, formerProgram);

        var former = await _check.DescribeFormerAsync(target, cancellationToken);
        var bytes = ReadSource();

        // Also when the file is there already: the plugin that runs may be an earlier one.
        var now = await _check.TryAsync(former.Facts, cancellationToken);
        if (IsThere(target, bytes))
        {
            tell("version", $"{now.Version}, and {target} is this file already");
        }
        else
        {
            tell("version", $"{former.Version} before, {now.Version} now");
            Replace(target, bytes);
            await CheckInstalledAsync(target, now, cancellationToken);
        }

        // Now: an agent may have started the former file a moment before it was replaced.
        await FollowAsync(target, FindRunning(target, formerProgram), cancellationToken);
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
    private static List<AgentPlugin> FindRunning(string target, ProgramFile? former) =>
    [
        .. AgentPlugin.Find(FileName, NomadHandshake.Cookie.Key)
            .Where(plugin => plugin.Path == target || (former is not null && plugin.Program == former)),
    ];

    private void RefuseOthers(string target, ProgramFile? former)
    {
        var running = FindRunning(target, former);
        foreach (var plugin in AgentPlugin.Find(FileName, NomadHandshake.Cookie.Key).ExceptBy(running.Select(plugin => plugin.Id), plugin => plugin.Id))
        {
            var elsewhere = $"the agent with process id {plugin.AgentId} runs the plugin from {plugin.Path}, and not from {target}";
            if (options.Restarts && running.Count == 0)
            {
                throw new InstallException($"Nothing was changed: {elsewhere}. Name its plugin_dir with --plugin-dir.");
            }

            tell("warning", elsewhere);
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

    private static bool IsThere(string target, byte[] bytes)
    {
        try
        {
            return FileStatus.ReadLink(target) is { IsRegularFile: true, IsExecutable: true } status && IsTrusted(status)
                && PlainFile.Read(target, MostBytes, LinkRule.Refuse).AsSpan().SequenceEqual(bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is replaced, or that fails with the reason.
            return false;
        }
    }

    /// <summary>Whether nobody else may have written it.</summary>
    private static bool IsTrusted(FileStatus status) =>
        (status.Owner == 0 || status.Owner == FileStatus.CurrentUser) && !status.IsWritableByOthers;

    private void Replace(string target, byte[] bytes)
    {
        try
        {
            KeepFormer(target);
            AtomicFile.Write(target, bytes, PlainFolder.PublicMode);
            tell("installed", target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InstallException($"{target} cannot be replaced: {exception.Message.TrimEnd('.')}. It was not changed.");
        }
    }

    private void KeepFormer(string target)
    {
        if (FileStatus.ReadLink(target) is not { IsRegularFile: true } status)
        {
            return;
        }

        if (!IsTrusted(status))
        {
            tell("warning", "the former file is not kept, because others could have written it");
            return;
        }

        var kept = Path.Combine(PluginFolder.Open(options.Kept).Path, FileName);
        AtomicFile.Write(kept, PlainFile.Read(target, MostBytes, LinkRule.Refuse), PlainFolder.PublicMode);
        _isKept = true;
        tell("kept", $"the former file is {kept}");
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
            throw new InstallException($"{target} is installed, but {exception.Message}. {WayBack(Environment.ProcessPath!)}");
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

        InstallException? failure = null;
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

            try
            {
                await RestartAsync(target, plugin, program, cancellationToken);
            }
            catch (InstallException exception)
            {
                // The plugins of other agents are restarted all the same.
                failure ??= exception;
            }
        }

        if (failure is not null)
        {
            throw failure;
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

    private async Task RestartAsync(string target, AgentPlugin plugin, ProgramFile program, CancellationToken cancellationToken)
    {
        try
        {
            var restart = new PluginRestart(() => AgentPlugin.Find(FileName, NomadHandshake.Cookie.Key), time);
            var successor = await restart.RunAsync(plugin, program, cancellationToken);
            tell("restarted", $"process {successor.Id} of agent {plugin.AgentId} serves in place of {plugin.Id}");
        }
        catch (InstallException exception)
        {
            throw new InstallException($"The new file is installed, but does not serve: {exception.Message}. {WayBack(Installer(target))}");
        }
    }

    // What runs may be in the folder of an allocation, which does not stay; an earlier version may not have the command.
    private string Installer(string target) => options.Source == Environment.ProcessPath ? target : Environment.ProcessPath!;

    private string WayBack(string program) => _isKept
        ? $"To go back: {program} install --from {options.Kept}/{FileName} --plugin-dir {options.Folder} --restart-plugin"
            + (options.Agent is { } agent ? $" --agent-config {agent.Path}" : "")
        : "No former file was kept in this run.";
}
