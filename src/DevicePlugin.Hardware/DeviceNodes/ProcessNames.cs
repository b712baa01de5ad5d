using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>How operators recognize a process. A task can choose its own name and variables freely.</summary>
internal static class ProcessNames
{
    private const int MostBytes = 16 * 1024 * 1024;
    private const int MostName = 64;
    private const int MostVariable = 128;

    /// <summary>Of its program; empty if it has ended meanwhile.</summary>
    public static string NameOf(string procRoot, int id) => OneLine.Of(ReadAll(procRoot, id, "comm").Trim(), MostName);

    /// <summary>The Nomad task that it belongs to; null for any other process.</summary>
    public static string? TaskOf(string procRoot, int id)
    {
        var variables = ReadAll(procRoot, id, "environ").Split('\0');
        return Find("NOMAD_ALLOC_ID=") is { } allocation ? $"{Find("NOMAD_TASK_NAME=") ?? "a task"} of allocation {allocation}" : null;

        string? Find(string name) => variables.FirstOrDefault(variable => variable.StartsWith(name, StringComparison.Ordinal)) is { } found
            ? OneLine.Of(found[name.Length..], MostVariable)
            : null;
    }

    private static string ReadAll(string procRoot, int id, string file)
    {
        try
        {
            return PlainFile.ReadText(Path.Combine(procRoot, $"{id}", file), MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
