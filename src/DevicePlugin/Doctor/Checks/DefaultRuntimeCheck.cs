using System.Text.Json.Nodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Docker's default runtime is that of tasks without a device too. NVIDIA's gives such a container what NVIDIA_VISIBLE_DEVICES in
/// its image asks for, and with device-nodes the plugin cannot set that variable: any value makes Nomad's docker driver demand the
/// nvidia runtime (drivers/docker/driver.go).
/// </summary>
internal sealed class DefaultRuntimeCheck() : Check("docker-default-runtime", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (!DockerSettings.HasDocker(node))
        {
            return Finding.Pass("does not apply: Docker is not installed");
        }

        var settings = DockerSettings.Read(node, out var problem);
        if (problem is not null)
        {
            return Finding.Warn(
                $"{DockerSettings.FilePath} cannot be read: {problem}", "Correct the file: Docker does not start with it.");
        }

        if (DockerSettings.FindText(settings, "default-runtime") is not { } name || !IsNvidias(settings!, name))
        {
            return Finding.Pass("Docker's default runtime is not NVIDIA's: a task without a device block gets no GPU from it");
        }

        return ToolkitSettings.Read(node).AcceptsVariable
            ? Finding.Warn(
                $"Docker's default runtime is \"{name}\": a task gets every GPU if its image has NVIDIA_VISIBLE_DEVICES=all and the plugin "
                + "does not set that variable, with device-nodes or without a device block",
                "Remove default-runtime from /etc/docker/daemon.json and restart Docker, or run: nvidia-ctk config --set "
                + "accept-nvidia-visible-devices-envvar-when-unprivileged=false --in-place")
            : Finding.Pass($"Docker's default runtime is \"{name}\", and it ignores NVIDIA_VISIBLE_DEVICES in unprivileged containers");
    }

    private static bool IsNvidias(JsonObject settings, string name) =>
        name.Contains("nvidia", StringComparison.OrdinalIgnoreCase)
        || (settings["runtimes"] is JsonObject runtimes && runtimes[name] is JsonObject runtime
            && DockerSettings.FindText(runtime, "path")?.Contains("nvidia", StringComparison.OrdinalIgnoreCase) == true);
}
