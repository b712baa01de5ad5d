namespace DevicePlugin.Doctor.Checks;

/// <summary>Without its state the plugin forgets, at each restart of the agent, why a GPU is unhealthy.</summary>
internal sealed class StateDirCheck() : Check("state-dir")
{
    protected override Finding Look(Examination node)
    {
        var access = FolderAccess.Of(node, node.Config.StateDir);
        return access.IsGiven
            ? Finding.Pass(access.Seen)
            : node.IsPrivileged
                ? Finding.Fail(
                    access.Seen, "Make it writable, or set state_dir to another folder: otherwise health causes are lost at a restart.")
                : Finding.Warn(
                    access.Seen, "Run doctor as the user of Nomad's agent, usually root, to find out.");
    }
}
