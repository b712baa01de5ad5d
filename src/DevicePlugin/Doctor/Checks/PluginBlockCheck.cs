namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether the agent's configuration makes Nomad start the plugin, and no other one for the same GPUs.</summary>
internal sealed class PluginBlockCheck() : Check("plugin-block")
{
    private const string OfficialPlugin = "nomad-device-nvidia";

    protected override Finding Look(Examination node)
    {
        if (node.Agent is not { } agent)
        {
            return Finding.Pass("not looked at: name the agent's file or folder with --agent-config");
        }

        if (!agent.PluginLabels.Contains(BuildInfo.Name))
        {
            var labels = agent.PluginLabels.Count > 0 ? string.Join(", ", agent.PluginLabels) : "none at all";
            return Finding.Fail(
                $"there is no block plugin \"{BuildInfo.Name}\" (there is: {labels})",
                $"Add plugin \"{BuildInfo.Name}\" {{ config {{}} }} to the agent's configuration and restart the agent: "
                + "Nomad skips a file that no block names.");
        }

        if (!agent.IsClient)
        {
            return Finding.Fail(
                "the agent does not run in client mode, and only clients load device plugins", "Set client { enabled = true }.");
        }

        return agent.PluginLabels.Contains(OfficialPlugin)
            ? Finding.Fail(
                $"there is a block plugin \"{OfficialPlugin}\" too, so each GPU is offered twice",
                "Keep one of the two blocks.")
            : Finding.Pass($"the block plugin \"{BuildInfo.Name}\" is there, and the agent is a client");
    }
}
