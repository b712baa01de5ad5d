using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.Tools;

/// <summary>A process of the node that cannot be mistaken for a later one with the same id.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="StartTicks">When it began, in the kernel's ticks since the boot.</param>
internal sealed record ProcessIdentity(int Id, long StartTicks)
{
    // Fields of /proc/PID/stat after the name, counted from the state (proc_pid_stat(5): 3, 4, 5 and 22).
    private const int State = 0;
    private const int Parent = 1;
    private const int Group = 2;
    private const int Start = 19;

    // Arguments and environment may have megabytes each; nobody whom the plugin looks for has.
    private const int MostBytes = 1024 * 1024;

    /// <summary>False for one that ended, though nobody may have asked for its exit code yet.</summary>
    public bool IsRunning => Of(Id) == this;

    /// <summary>Null when there is no such process, or it has ended.</summary>
    public static ProcessIdentity? Of(int id) =>
        ReadFields(id) is { } fields && fields[State] is not ("Z" or "X")
            ? new ProcessIdentity(id, long.Parse(fields[Start], CultureInfo.InvariantCulture))
            : null;

    public static int? ParentOf(int id) =>
        ReadFields(id) is { } fields ? int.Parse(fields[Parent], CultureInfo.InvariantCulture) : null;

    public static ProcessIdentity? OfThisProcess => Of(Environment.ProcessId);

    /// <summary>Whether it is the first of a group of processes, which has its id then.</summary>
    public bool LeadsGroup =>
        ReadFields(Id) is { } fields && int.Parse(fields[Group], CultureInfo.InvariantCulture) == Id && IsRunning;

    /// <summary>The ids of all processes at this moment; none where the system does not list them in files.</summary>
    public static IEnumerable<int> All() => Directory.Exists("/proc") ? AllUnder("/proc") : [];

    /// <summary>The same where the kernel's files are under another folder.</summary>
    /// <exception cref="IOException">They cannot be listed. That must not look like a node without processes.</exception>
    public static IEnumerable<int> AllUnder(string procRoot) => Directory.EnumerateDirectories(procRoot)
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    /// <summary>What the kernel keeps of a process in <c>cmdline</c> or <c>environ</c>; empty when it has gone.</summary>
    public static string[] ReadStrings(int id, string file)
    {
        try
        {
            return PlainFile.ReadText($"/proc/{id}/{file}", MostBytes).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The target of a process's link, such as <c>exe</c>; null when it has gone, or is not ours to see.</summary>
    public static string? ReadLink(string path)
    {
        // The kernel marks a file that was replaced since, as an upgrade does.
        const string Deleted = " (deleted)";
        try
        {
            var target = new FileInfo(path).LinkTarget;
            return target?.EndsWith(Deleted, StringComparison.Ordinal) == true ? target[..^Deleted.Length] : target;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Ends it at once, if it is still the one that was meant.</summary>
    public void Kill()
    {
        if (!IsRunning)
        {
            return;
        }

        try
        {
            using var process = Process.GetProcessById(Id);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended meanwhile, or it is not ours to end: whoever asks sees it running.
        }
    }

    // The name is in parentheses and may have some itself.
    private static string[]? ReadFields(int id)
    {
        try
        {
            var text = PlainFile.ReadText($"/proc/{id}/stat", MostBytes);
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > Start ? fields : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
