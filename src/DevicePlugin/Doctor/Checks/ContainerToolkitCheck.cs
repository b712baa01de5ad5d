using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether NVIDIA's toolkit listens to the way in which the configuration names GPUs.</summary>
internal sealed class ContainerToolkitCheck() : Check("container-toolkit", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var strategies = node.Config.Reserve.Strategies;
        var settings = ToolkitSettings.Read(node);
        if (strategies.Contains(ReservationStrategy.VolumeMounts))
        {
            return JudgeMounts(settings, "volume-mounts");
        }

        if (strategies.Contains(ReservationStrategy.CdiMounts))
        {
            return JudgeCdi(node, settings, "cdi-mounts") ?? JudgeMounts(settings, "cdi-mounts");
        }

        if (strategies.Contains(ReservationStrategy.CdiEnvironmentVariable))
        {
            return JudgeCdi(node, settings, "cdi-envvar") ?? JudgeVariable(settings, "cdi-envvar", "cdi-mounts");
        }

        return strategies.Contains(ReservationStrategy.EnvironmentVariable)
            ? JudgeVariable(settings, "envvar", "volume-mounts")
            : Finding.Pass("does not apply to the strategies that are set");
    }

    // In mode auto, the runtime uses mode cdi for a container that names only CDI devices (internal/info/auto.go); the modes legacy
    // and csv take the names for UUIDs.
    private static Finding? JudgeCdi(Examination node, ToolkitSettings settings, string strategy)
    {
        if (settings.Mode is not ("auto" or "cdi" or "jit-cdi"))
        {
            return Finding.Fail(
                $"{ToolkitSettings.ModeKey} = \"{settings.Mode}\" in {ToolkitSettings.FilePath}: in this mode NVIDIA's runtime does not "
                + $"resolve the CDI names of the strategy {strategy}",
                $"Run: nvidia-ctk config --set {ToolkitSettings.ModeKey}=auto --in-place");
        }

        var folder = node.Config.Reserve.CdiSpecDir;
        return settings.SpecFolders.Any(known => CdiFolders.AreSame(known, folder))
            ? null
            : Finding.Fail(
                $"NVIDIA's runtime looks for CDI specs in {string.Join(", ", settings.SpecFolders)}, and reserve.cdi_spec_dir is {folder}",
                $"Set reserve.cdi_spec_dir to one of these folders, or add it to {ToolkitSettings.SpecFoldersKey} in {ToolkitSettings.FilePath}.");
    }

    private static Finding JudgeVariable(ToolkitSettings settings, string strategy, string instead) => settings.AcceptsVariable
        ? Finding.Pass($"{ToolkitSettings.AcceptVariableKey} = true, as {strategy} needs; an image can ask for any GPU in the same way")
        : Finding.Fail(
            $"{ToolkitSettings.AcceptVariableKey} = false in {ToolkitSettings.FilePath}: a task of the strategy {strategy} gets no GPU "
            + "unless it is privileged",
            $"Set reserve.strategies = [\"{instead}\"], or the key to true.");

    private static Finding JudgeMounts(ToolkitSettings settings, string strategy) => settings switch
    {
        { AcceptsMounts: false } => Finding.Fail(
            $"{ToolkitSettings.AcceptMountsKey} is not true in {ToolkitSettings.FilePath}: a task of the strategy {strategy} gets no GPU",
            $"Run: nvidia-ctk config --set {ToolkitSettings.AcceptMountsKey} --in-place"),
        { AcceptsVariable: true } => Finding.Warn(
            $"{ToolkitSettings.AcceptVariableKey} is not false in {ToolkitSettings.FilePath}: an image with NVIDIA_VISIBLE_DEVICES=all sees "
            + "every GPU",
            $"Run: nvidia-ctk config --set {ToolkitSettings.AcceptVariableKey}=false --in-place"),
        _ => Finding.Pass("the toolkit takes devices by mounts only"),
    };
}
