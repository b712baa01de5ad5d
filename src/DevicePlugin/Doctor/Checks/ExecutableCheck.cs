namespace DevicePlugin.Doctor.Checks;

/// <summary>Nomad starts a file that has the label of a plugin block for its name.</summary>
internal sealed class ExecutableCheck() : Check("executable")
{
    protected override Finding Look(Examination node)
    {
        var name = PluginFileName.WithoutExtension(Path.GetFileName(node.Executable));

        // A build without an executable of its own.
        return name is BuildInfo.Name or "dotnet"
            ? Finding.Pass(node.Executable)
            : Finding.Warn(
                $"{node.Executable} is not named {BuildInfo.Name}",
                $"Name the file {BuildInfo.Name}: Nomad starts a file only if a plugin block has its name, and all "
                + "documentation uses this one.");
    }
}
