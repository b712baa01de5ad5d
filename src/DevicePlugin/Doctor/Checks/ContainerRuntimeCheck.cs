using System.Text.Json.Nodes;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Nomad's docker driver demands the nvidia runtime for a task that has NVIDIA_VISIBLE_DEVICES, which some of the
/// strategies set (drivers/docker/driver.go).
/// </summary>
internal sealed class ContainerRuntimeCheck() : Check("container-runtime", CheckScope.RealGpus | CheckScope.Linux)
{
    private static readonly string[] ProgramFolders = ["/usr/bin", "/usr/local/bin", "/usr/local/nvidia/toolkit"];

    protected override Finding Look(Examination node)
    {
        if (!DockerSettings.HasDocker(node))
        {
            return Finding.Pass("does not apply: no Docker here");
        }

        if (!node.Config.Reserve.AsksForNvidiaRuntime)
        {
            return Finding.Pass("Docker needs no nvidia runtime for the strategies that are set");
        }

        var name = node.Agent?.ConfigOf("docker")?["nvidia_runtime"]?.ToString() ?? "nvidia";
        return FindRuntime(node, name, out var path) ?? JudgeProgram(node, name, path);
    }

    /// <summary>Null, and the runtime's program, where Docker knows the runtime.</summary>
    private static Finding? FindRuntime(Examination node, string name, out string? path)
    {
        path = null;
        var settings = DockerSettings.Read(node, out var problem);
        if (problem is not null)
        {
            return Finding.Fail(
                $"{DockerSettings.FilePath} cannot be read: {problem}", "Correct the file: Docker does not start with it.");
        }

        if (settings?["runtimes"] is JsonObject runtimes && runtimes[name] is { } runtime)
        {
            path = DockerSettings.FindText(runtime as JsonObject, "path");
            return null;
        }

        return Finding.Fail(
            $"Docker has no runtime \"{name}\" in {DockerSettings.FilePath}",
            "Install the NVIDIA container toolkit, run nvidia-ctk runtime configure --runtime=docker and restart Docker; or "
            + "set reserve.strategies = [\"device-nodes\"], which needs no runtime.");
    }

    private static Finding JudgeProgram(Examination node, string name, string? path)
    {
        var program = path ?? "";
        var exists = program.StartsWith('/')
            ? node.Files.HasFile(program)
            : ProgramFolders.Any(folder => node.Files.HasFile($"{folder}/{program}"));
        return exists || program.Length == 0
            ? Finding.Pass($"Docker has the runtime \"{name}\" ({(program.Length == 0 ? "built in" : program)})")
            : Finding.Fail(
                $"Docker's runtime \"{name}\" is {program}, which does not exist",
                "Install the NVIDIA container toolkit, or correct the path in /etc/docker/daemon.json.");
    }
}
