using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Installing;

/// <summary>What the former file is, and whether the new one can serve this node.</summary>
internal sealed class PluginCheck(InstallOptions options, PluginTrial trial, Action<string, string> tell)
{
    /// <summary>What is in the place of the new file. It is started only where nobody else could have put it there.</summary>
    public async Task<(string Version, PluginFacts? Facts)> DescribeFormerAsync(string target, CancellationToken cancellationToken)
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
            var facts = await trial.AskAsync(target, cancellationToken);
            return (facts.Version, facts);
        }
        catch (InstallException exception)
        {
            return ($"unknown ({exception.Message})", null);
        }
    }

    /// <exception cref="InstallException">The new file is not the plugin, or does not accept the node's configuration.</exception>
    public async Task<PluginFacts> TryAsync(PluginFacts? former, CancellationToken cancellationToken)
    {
        try
        {
            var facts = await trial.AskAsync(options.Source, cancellationToken);
            if (facts.Name != BuildInfo.Name)
            {
                throw new InstallException($"it is the plugin \"{facts.Name}\"");
            }

            if (options.Agent is not { } agent)
            {
                tell("checked", $"{options.Source} starts as a plugin");
                return facts;
            }

            await trial.SetConfigAsync(options.Source, facts.Schema, agent.Block, cancellationToken);
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
            await trial.SetConfigAsync(options.Source, schema, agent.Block, cancellationToken);
        }
        catch (ConfigEncodingException exception)
        {
            tell(
                "warning",
                $"the former version does not know the configuration in {agent.Path} ({exception.Message.TrimEnd('.')}): the agent "
                + "uses its earlier content until it is restarted");
        }
    }
}
