using System.Globalization;
using System.Text;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Requests;

/// <summary>Processes of this plugin that an agent started.</summary>
public static class ServingPlugins
{
    // More than the kernel lets a process have by default is not read: it is not an agent's plugin.
    private const int MostBytes = 4 * 1024 * 1024;

    // TASK_COMM_LEN without the zero at its end (include/linux/sched.h).
    private const int MostNameBytes = 15;

    /// <summary>
    /// Gives this process the name by which it is found, whatever the name of its file is: Nomad accepts any.
    /// </summary>
    public static void NameThisProcess(string program)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                File.WriteAllText("/proc/self/comm", NameOf(program));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without /proc nobody looks for it there either.
        }
    }

    /// <summary>
    /// Those of root and of the current user: anybody may give a process this name and this variable, and would stop the operators' work.
    /// </summary>
    /// <param name="procRoot">Where the processes are listed.</param>
    /// <param name="program">Name of the plugin.</param>
    /// <param name="cookie">The variable by which an agent tells a plugin that it is one.</param>
    public static IEnumerable<ServingPlugin> Find(string procRoot, string program, string cookie)
    {
        var ids = Directory.Exists(procRoot) ? ProcessIdentity.AllUnder(procRoot) : [];
        foreach (var id in ids.Where(id => id != Environment.ProcessId))
        {
            var folder = Path.Combine(procRoot, id.ToString(CultureInfo.InvariantCulture));
            if (HasVariable(folder, cookie) && Runs(folder, program) && IsTrusted(folder))
            {
                yield return new ServingPlugin(id, StateFolderOf(folder));
            }
        }
    }

    private static string NameOf(string program) => program.Length <= MostNameBytes ? program : program[..MostNameBytes];

    private static bool Runs(string folder, string program) =>
        Path.GetFileName(ProcessIdentity.ReadLink(Path.Combine(folder, "exe"))) == program
        || Encoding.UTF8.GetString(Read(Path.Combine(folder, "comm"))).TrimEnd('\n') == NameOf(program);

    // Not the folder's owner, which is root for a process that hides its memory. One without an owner has just ended.
    private static bool IsTrusted(string folder) => Encoding.UTF8.GetString(Read(Path.Combine(folder, "status"))).Split('\n')
        .Where(line => line.StartsWith("Uid:", StringComparison.Ordinal))
        .SelectMany(line => line[4..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        .All(user => user == "0" || user == FileStatus.CurrentUser?.ToString(CultureInfo.InvariantCulture));

    private static bool HasVariable(string folder, string name) =>
        Encoding.UTF8.GetString(Read(Path.Combine(folder, "environ"))).Split('\0')
            .Any(variable => variable.StartsWith(name + "=", StringComparison.Ordinal));

    /// <summary>That of the lock that it holds; null before it took one, and where that cannot be seen.</summary>
    private static string? StateFolderOf(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(folder, "fd"))
                .Select(ProcessIdentity.ReadLink).OfType<string>().Where(StateLock.IsLock).Select(Path.GetDirectoryName).FirstOrDefault();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            return PlainFile.Read(path, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is somebody else's.
            return [];
        }
    }
}

/// <summary>A process of the plugin.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="StateFolder">The folder of its records; null where that is not known.</param>
public sealed record ServingPlugin(int Id, string? StateFolder)
{
    public override string ToString() => StateFolder is null ? $"process {Id}" : $"process {Id}, state folder \"{StateFolder}\"";
}
