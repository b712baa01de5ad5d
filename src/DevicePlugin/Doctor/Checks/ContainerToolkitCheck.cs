using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether NVIDIA's toolkit listens to the way in which the configuration names GPUs.</summary>
internal sealed class ContainerToolkitCheck() : Check("container-toolkit", CheckScope.RealGpus | CheckScope.Linux)
{
    private const string Settings = "/etc/nvidia-container-runtime/config.toml";
    private const string AcceptVariable = "accept-nvidia-visible-devices-envvar-when-unprivileged";
    private const string AcceptMounts = "accept-nvidia-visible-devices-as-volume-mounts";

    protected override Finding Look(Examination node)
    {
        var strategies = node.Config.Reserve.Strategies;
        var byMounts = strategies.Contains(ReservationStrategy.VolumeMounts);
        if (!byMounts && !strategies.Contains(ReservationStrategy.EnvironmentVariable))
        {
            return Finding.Pass("does not apply to the strategies that are set");
        }

        if (node.Files.ReadText(Settings) is not { } settings)
        {
            return Finding.Pass($"there is no {Settings}: its defaults hold, if the toolkit is used at all");
        }

        // The defaults of the toolkit, whose file has the keys commented out.
        var variable = ReadFlag(settings, AcceptVariable, otherwise: true);
        return byMounts
            ? JudgeMounts(variable, ReadFlag(settings, AcceptMounts, otherwise: false))
            : JudgeVariable(variable);
    }

    /// <summary>Whether a container that is not privileged gets the GPUs that its NVIDIA_VISIBLE_DEVICES names.</summary>
    public static bool AcceptsVariable(Examination node) =>
        node.Files.ReadText(Settings) is not { } settings || ReadFlag(settings, AcceptVariable, otherwise: true);

    private static Finding JudgeVariable(bool acceptsVariable) => acceptsVariable
        ? Finding.Pass($"{AcceptVariable} = true, as envvar needs; an image can ask for any GPU in the same way")
        : Finding.Fail(
            $"{AcceptVariable} = false in {Settings}: a task of the strategy envvar gets no GPU unless it is privileged",
            "Set reserve.strategies = [\"volume-mounts\"], or the key to true.");

    private static Finding JudgeMounts(bool acceptsVariable, bool acceptsMounts) => (acceptsMounts, acceptsVariable) switch
    {
        (false, _) => Finding.Fail(
            $"{AcceptMounts} = false in {Settings}: a task of the strategy volume-mounts gets no GPU",
            $"Run: nvidia-ctk config --set {AcceptMounts} --in-place"),
        (true, true) => Finding.Warn(
            $"{AcceptVariable} = true in {Settings}: an image with NVIDIA_VISIBLE_DEVICES=all sees every GPU",
            $"Run: nvidia-ctk config --set {AcceptVariable}=false --in-place"),
        _ => Finding.Pass("the toolkit takes devices by mounts only"),
    };

    /// <summary>A key at the top of the file: before its first table.</summary>
    private static bool ReadFlag(string toml, string key, bool otherwise)
    {
        foreach (var line in toml.Split('\n', StringSplitOptions.TrimEntries).TakeWhile(line => !line.StartsWith('[')))
        {
            var parts = line.Split('#')[0].Split('=', StringSplitOptions.TrimEntries);
            if (parts.Length == 2 && parts[0].Trim('"') == key)
            {
                return parts[1] == "true";
            }
        }

        return otherwise;
    }
}
