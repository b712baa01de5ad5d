using System.Text.Json;
using DevicePlugin.Nomad.Agent;

namespace DevicePlugin.Installing;

/// <param name="Source">The executable to install.</param>
/// <param name="Folder">The agent's plugin_dir.</param>
/// <param name="Kept">Where the file that is replaced is kept; not in a plugin_dir, whose executables Nomad starts.</param>
/// <param name="Restarts">Whether the plugins that run are ended, so that their agents start the new file.</param>
internal sealed record InstallOptions(string Source, string Folder, string Kept, bool Restarts)
{
    /// <summary>Null when there is no configuration of an agent to try the plugin with.</summary>
    public AgentSource? Agent { get; init; }
}

/// <param name="Path">Of the agent's configuration.</param>
/// <param name="Config">What it says.</param>
/// <param name="Block">The config of the plugin's block, empty where there is none.</param>
internal sealed record AgentSource(string Path, AgentConfig Config, JsonElement Block);
