namespace DevicePlugin.Doctor.Checks;

/// <summary>What Nomad does with each entry of its plugin_dir (helper/pluginutils/loader/init.go).</summary>
internal sealed class PluginDirCheck() : Check("plugin-dir")
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    protected override Finding Look(Examination node)
    {
        if (node.PluginDir is not { } folder)
        {
            return Finding.Pass("not looked at: name it with --plugin-dir, or the agent's file with --agent-config");
        }

        if (!node.Files.HasFolder(folder))
        {
            return Finding.Fail(
                $"the folder {folder} does not exist",
                $"Create it and put {BuildInfo.Name} into it, or correct plugin_dir in the agent's configuration.");
        }

        var entries = node.Files.List(folder);
        return FindBrokenLink(node, folder, entries)
            ?? FindPlugin(node, folder, entries)
            ?? FindBystanders(node, folder, entries)
            ?? Finding.Pass($"{folder}/{BuildInfo.Name} is where Nomad looks, and may be executed");
    }

    private static Finding? FindBrokenLink(Examination node, string folder, IReadOnlyList<string> entries)
    {
        var broken = entries.FirstOrDefault(entry => node.Files.IsBrokenLink($"{folder}/{entry}"));
        return broken is null
            ? null
            : Finding.Fail(
                $"{folder}/{broken} is a link to nothing",
                "Remove it: Nomad's agent does not start with such an entry in its plugin_dir.");
    }

    private static Finding? FindPlugin(Examination node, string folder, IReadOnlyList<string> entries)
    {
        var name = entries.FirstOrDefault(entry => PluginFileName.WithoutExtension(entry) == BuildInfo.Name);
        var path = $"{folder}/{name}";
        if (name is null)
        {
            var alike = entries.FirstOrDefault(entry => entry.StartsWith(BuildInfo.Name, StringComparison.Ordinal));
            return alike is null
                ? Finding.Fail($"{folder} has no {BuildInfo.Name}", "Copy the executable into it, under this name.")
                : Finding.Fail(
                    $"{folder} has {alike}, but no {BuildInfo.Name}",
                    $"Rename it to {BuildInfo.Name}: Nomad goes by the file's name.");
        }

        if (node.Files.HasFolder(path))
        {
            return Finding.Fail(
                $"{path} is a folder, which Nomad skips",
                $"Put the executable itself into {folder}, and the folder somewhere else.");
        }

        return IsExecutable(node, path)
            ? null
            : Finding.Fail($"{path} may not be executed, so Nomad skips it", $"Run: chmod 755 {path}");
    }

    private static Finding? FindBystanders(Examination node, string folder, IReadOnlyList<string> entries)
    {
        var skipped = entries.Where(entry => !IsExecutable(node, $"{folder}/{entry}")).ToList();
        return skipped.Count == 0
            ? null
            : Finding.Warn(
                $"{folder} has entries that are no plugins: {string.Join(", ", skipped.Take(3))}",
                "Move them out: Nomad warns about each of them at every start.");
    }

    private static bool IsExecutable(Examination node, string path)
    {
        var located = node.Files.Locate(path);
        return File.Exists(located)
            && (OperatingSystem.IsWindows()
                ? located.EndsWith(".exe", StringComparison.Ordinal)
                : (File.GetUnixFileMode(located) & AnyExecute) != 0);
    }
}
