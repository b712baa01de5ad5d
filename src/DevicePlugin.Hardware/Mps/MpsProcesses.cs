using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// The daemon of a pipe folder among the node's processes. Older drivers (535) keep no file with its id, and what every one
/// has is the environment it was started with.
/// </summary>
internal static class MpsProcesses
{
    /// <summary>Null when none runs.</summary>
    public static ProcessIdentity? Find(string pipeDirectory)
    {
        var variable = $"CUDA_MPS_PIPE_DIRECTORY={pipeDirectory}";
        foreach (var id in ProcessIdentity.All())
        {
            if (IsDaemon(ProcessIdentity.ReadStrings(id, "cmdline"))
                && ProcessIdentity.ReadStrings(id, "environ").Contains(variable)
                && ProcessIdentity.Of(id) is { } process)
            {
                return process;
            }
        }

        return null;
    }

    /// <summary>Whether the daemon has servers, its children: with them the work of its clients would end.</summary>
    public static bool HasServers(ProcessIdentity daemon) =>
        ProcessIdentity.All().Any(id => ProcessIdentity.ParentOf(id) == daemon.Id);

    private static bool IsDaemon(string[] command) => command.Length > 1
        && Path.GetFileName(command[0]) == MpsTool.Name && (command[1] is "-d" or "-f");
}
