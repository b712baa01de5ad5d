namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// In a user namespace no device node can be created, so runc binds the host's, by the path that the task sees: the host path of
/// a node is ignored, and with another <c>dev_root</c> the container does not start.
/// </summary>
internal sealed class UserNamespaceCheck() : Check("user-namespace", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (!node.Config.Reserve.HandsOutNodes)
        {
            return Finding.Pass("does not apply to the strategies that are set");
        }

        if (Path.TrimEndingDirectorySeparator(node.Config.DevRoot) == "/dev")
        {
            return Finding.Pass("dev_root is /dev, whose nodes a container with a user namespace can have too");
        }

        return DockerSettings.FindText(DockerSettings.Read(node, out _), "userns-remap") is { } users
            ? Finding.Warn(
                $"Docker has userns-remap = \"{users}\" and dev_root is {node.Config.DevRoot}: in a user namespace runc ignores the host path "
                + "of a device node, so tasks with GPUs do not start",
                "Create the nodes under /dev and set dev_root = \"/dev\", or remove userns-remap from /etc/docker/daemon.json.")
            : Finding.Pass("Docker does not map users; with dev_root outside /dev, rootless Podman and --uidmap do not work");
    }
}
