namespace DevicePlugin.Doctor.Checks;

/// <summary>Without its state the plugin forgets, at each restart of the agent, why a GPU is unhealthy.</summary>
internal sealed class StateDirCheck() : Check("state-dir")
{
    protected override Finding Look(Examination node)
    {
        var folder = node.Config.StateDir;
        if (node.Files.HasFile(folder))
        {
            return Judge(node, $"{folder} is a file");
        }

        if (node.Files.HasFolder(folder))
        {
            return IsWritable(node, folder)
                ? Finding.Pass($"{folder} may be written")
                : Judge(node, $"{folder} may not be written by {Environment.UserName}");
        }

        var parent = Path.GetDirectoryName(folder);
        while (parent is not null && !node.Files.HasFolder(parent))
        {
            parent = Path.GetDirectoryName(parent);
        }

        return parent is not null && IsWritable(node, parent)
            ? Finding.Pass($"{folder} is not there yet and can be made")
            : Judge(node, $"{folder} is not there and cannot be made by {Environment.UserName}");
    }

    // .NET knows the rights of Windows' folders only by trying.
    private static bool IsWritable(Examination node, string folder) =>
        OperatingSystem.IsWindows() || node.Files.MayWrite(folder);

    private static Finding Judge(Examination node, string seen) => node.IsPrivileged
        ? Finding.Fail(seen, "Name another folder with state_dir, or clear its way: health causes are lost at a restart.")
        : Finding.Warn(seen, "Run doctor as the user of Nomad's agent, mostly root, to know whether the plugin may.");
}
