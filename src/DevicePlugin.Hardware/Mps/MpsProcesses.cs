using DevicePlugin.Hardware.DeviceNodes;
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
        foreach (var id in ProcessIdentity.All())
        {
            // In this order: an id that is given to another process in between is that one's, and examined as such.
            if (ProcessIdentity.Of(id) is { } process && IsDaemon(id, pipeDirectory) && process.IsRunning)
            {
                return process;
            }
        }

        return null;
    }

    /// <summary>
    /// Whether a process is the daemon of a folder. Anybody may give a process that name, arguments and environment; the user and
    /// the program are the kernel's word.
    /// </summary>
    public static bool IsDaemon(int id, string pipeDirectory) =>
        IsDaemon(ProcessIdentity.ReadStrings(id, "cmdline"))
        && FileStatus.Read($"/proc/{id}")?.Owner == FileStatus.CurrentUser
        && Path.GetFileName(ProcessIdentity.ReadLink($"/proc/{id}/exe")) == MpsTool.Name
        && ProcessIdentity.ReadStrings(id, "environ").Contains($"CUDA_MPS_PIPE_DIRECTORY={pipeDirectory}");

    /// <summary>Whether the daemon has servers, its children: with them the work of its clients would end.</summary>
    public static bool HasServers(ProcessIdentity daemon) =>
        ProcessIdentity.All().Any(id => ProcessIdentity.ParentOf(id) == daemon.Id);

    private static bool IsDaemon(string[] command) => command.Length > 1
        && Path.GetFileName(command[0]) == MpsTool.Name && (command[1] is "-d" or "-f");
}
