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
                    access.Seen, "Name another folder with state_dir, or clear its way: health causes are lost at a restart.")
                : Finding.Warn(
                    access.Seen, "Run doctor as the user of Nomad's agent, mostly root, to know whether the plugin may.");
    }
}
