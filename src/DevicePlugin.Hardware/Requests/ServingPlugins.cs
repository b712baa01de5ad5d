using System.Globalization;
using System.Text;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Requests;

/// <summary>Processes of this plugin that an agent started.</summary>
public static class ServingPlugins
{
    // More than the kernel lets a process have by default is not read: it is not an agent's plugin.
    private const int MostBytes = 4 * 1024 * 1024;

    /// <param name="procRoot">Where the processes are listed.</param>
    /// <param name="program">File name of the plugin.</param>
    /// <param name="cookie">The variable by which an agent tells a plugin that it is one.</param>
    public static IEnumerable<int> Find(string procRoot, string program, string cookie)
    {
        foreach (var folder in Directory.Exists(procRoot) ? Directory.EnumerateDirectories(procRoot) : [])
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId && Runs(folder, program) && HasVariable(folder, cookie))
            {
                yield return id;
            }
        }
    }

    private static bool Runs(string folder, string program)
    {
        try
        {
            // The kernel marks one whose file was replaced since, as an upgrade does.
            const string Deleted = " (deleted)";
            var target = new FileInfo(Path.Combine(folder, "exe")).LinkTarget;
            target = target?.EndsWith(Deleted, StringComparison.Ordinal) == true ? target[..^Deleted.Length] : target;
            return Path.GetFileName(target) == program;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool HasVariable(string folder, string name)
    {
        try
        {
            var environment = Encoding.UTF8.GetString(PlainFile.Read(Path.Combine(folder, "environ"), MostBytes));
            return environment.Split('\0').Any(variable => variable.StartsWith(name + "=", StringComparison.Ordinal));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
