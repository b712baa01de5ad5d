using System.Globalization;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Requests;

/// <summary>
/// A process of the plugin that a Nomad agent started. Process ids are used again, so it and its agent are known by the time of their
/// start too, and its program by its inode.
/// </summary>
public sealed partial class AgentPlugin
{
    // Nomad is started as "nomad agent", under whatever name its executable has.
    private const string AgentCommand = "agent";
    private const int Terminate = 15;

    private readonly ProcessIdentity _process;
    private readonly ProcessIdentity _agent;

    private AgentPlugin(ProcessIdentity process, ProcessIdentity agent, ProgramFile program, string? path)
    {
        _process = process;
        _agent = agent;
        Program = program;
        Path = path;
    }

    public int Id => _process.Id;

    public int AgentId => _agent.Id;

    /// <summary>The file that runs, which may have been replaced since.</summary>
    public ProgramFile Program { get; }

    /// <summary>Where that file is, or was before it was replaced.</summary>
    public string? Path { get; }

    public bool IsRunning => _process.IsRunning;

    public bool IsAgentRunning => _agent.IsRunning;

    public bool HasSameAgent(AgentPlugin other) => _agent == other._agent;

    /// <summary>Those of this node. A plugin that something else started, such as a command that tries it out, is not one.</summary>
    /// <param name="program">Name of the plugin.</param>
    /// <param name="cookie">The variable by which an agent tells a plugin that it is one.</param>
    public static IReadOnlyList<AgentPlugin> Find(string program, string cookie) =>
    [
        .. ServingPlugins.Find("/proc", program, cookie).Select(plugin => Of(plugin.Id)).OfType<AgentPlugin>(),
    ];

    /// <summary>Asks it to end, by SIGTERM. False when it has ended already, or it is not ours to end.</summary>
    public bool RequestEnd() => IsRunning && OperatingSystem.IsLinux() && Signal(Id, Terminate) == 0;

    private static AgentPlugin? Of(int id)
    {
        var link = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/exe";
        return ProcessIdentity.Of(id) is { } process
            && ProcessIdentity.ParentOf(id) is { } parent
            && ProcessIdentity.Of(parent) is { } agent
            && ProcessIdentity.ReadStrings(parent, "cmdline").Skip(1).Contains(AgentCommand)
            && FileStatus.Read(link) is { } status
            ? new AgentPlugin(process, agent, ProgramFile.Of(status), ProcessIdentity.ReadLink(link))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int id, int signal);
}

/// <summary>A file, whatever its name is now.</summary>
public readonly record struct ProgramFile(ulong FileSystem, ulong Inode)
{
    public static ProgramFile Of(FileStatus status) => new(status.FileSystem, status.Inode);
}
