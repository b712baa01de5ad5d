using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.Resets;

/// <summary>A process that has a GPU open.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Name">Of its program.</param>
/// <param name="Task">The Nomad task that it belongs to; null for any other process.</param>
public sealed record GpuHolder(int Id, string Name, string? Task)
{
    /// <summary>NVIDIA's daemon that keeps GPUs initialised; it lets go of one that is taken out of persistence mode.</summary>
    public bool IsPersistenceDaemon => Name.StartsWith("nvidia-persiste", StringComparison.Ordinal);

    public override string ToString() => Task is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Id} {Name}")
        : string.Create(CultureInfo.InvariantCulture, $"{Id} {Name} (task {Task})");
}

/// <summary>
/// Finds who has a GPU open by the device nodes that processes have open or mapped, whatever path they opened them by: a
/// container has nodes of its own. NVML tells of CUDA contexts only, and a program that has the node open without one keeps the
/// GPU from being reset all the same.
/// </summary>
/// <param name="procRoot">Where processes are.</param>
/// <param name="devRoot">Where the nodes of GPUs are.</param>
/// <param name="tools">Know the driver's Fabric Manager, which holds GPUs and lets them be reset.</param>
public sealed class GpuHolders(string procRoot, string devRoot, DriverTools tools)
{
    // NV_MAJOR_DEVICE_NUMBER (nv-linux.h), where the kernel does not list the driver.
    private const int DriverMajor = 195;

    private const int MostBytes = 16 * 1024 * 1024;

    /// <param name="minor">Minor number of the GPU's node.</param>
    /// <param name="except">A process that is not meant, nor what it started; 0: none.</param>
    public ImmutableArray<GpuHolder> Find(int minor, int except)
    {
        var nodes = NodesOf(minor);
        var manager = tools.Find(DriverTools.FabricManager, out _) is { } program ? FileStatus.Read(program.Path) : null;
        return
        [
            .. ProcessIdentity.AllUnder(procRoot).Order().Where(id => Holds(id, nodes) && !IsOf(id, except) && !Runs(id, manager))
                .Select(id => new GpuHolder(id, ProcessNames.NameOf(procRoot, id), ProcessNames.TaskOf(procRoot, id))),
        ];
    }

    internal HashSet<(int Major, int Minor)> NodesOf(int minor)
    {
        var devices = new CharacterDevices(Nvml.TextFile.TryRead(Path.Combine(procRoot, "devices")));
        var nodes = new HashSet<(int, int)> { (devices.Gpus ?? DriverMajor, minor) };
        var number = minor.ToString(CultureInfo.InvariantCulture);
        if (FileStatus.Read(Path.Combine(devRoot, "nvidia" + number)) is { IsCharacterDevice: true } status)
        {
            nodes.Add((status.Major, status.Minor));
        }

        // A process that has an instance's capability open may be about to use it.
        var folder = Path.Combine(procRoot, "driver", "nvidia", "capabilities", "gpu" + number, "mig");
        if (devices.Capabilities is { } capabilities && Directory.Exists(folder))
        {
            nodes.UnionWith(Directory.EnumerateFiles(folder, "access", SearchOption.AllDirectories)
                .Select(CapabilityFile.ReadMinor).OfType<int>().Select(capability => (capabilities, capability)));
        }

        return nodes;
    }

    private static bool IsOf(int id, int process)
    {
        // The ancestors of a process are few; what cannot be read has ended.
        for (int? ancestor = id; ancestor is > 0; ancestor = ProcessIdentity.ParentOf(ancestor.Value))
        {
            if (ancestor == process)
            {
                return true;
            }
        }

        return false;
    }

    // By its file: a process may call itself anything.
    private bool Runs(int id, FileStatus? program) =>
        program is not null && FileStatus.Read(Path.Combine(FolderOf(id), "exe")) == program;

    private string FolderOf(int id) => Path.Combine(procRoot, id.ToString(CultureInfo.InvariantCulture));

    private bool Holds(int id, HashSet<(int Major, int Minor)> nodes)
    {
        var folder = FolderOf(id);
        return Links(Path.Combine(folder, "fd")).Concat(MappingsOf(folder)).Concat(ThreadsOf(folder))
            .Any(path => FileStatus.Read(path) is { IsCharacterDevice: true } status && nodes.Contains((status.Major, status.Minor)));
    }

    // Mapped memory of a device keeps it open after its descriptor was closed. The kernel writes addresses with leading zeros in
    // the one file and without them in the other (proc_pid_maps(5)).
    private static IEnumerable<string> MappingsOf(string folder)
    {
        foreach (var line in Lines(Path.Combine(folder, "maps")))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var range, [_, _, _, 's', ..], _, _, not "0", ..] && range.Split('-') is [var begin, var end])
            {
                yield return Path.Combine(folder, "map_files", $"{Trim(begin)}-{Trim(end)}");
            }
        }
    }

    // A thread may have descriptors of its own (unshare(2), CLONE_FILES), and has them still when the first thread has ended.
    private static IEnumerable<string> ThreadsOf(string folder) =>
        Links(Path.Combine(folder, "task")).SelectMany(thread => Links(Path.Combine(thread, "fd")));

    private static string Trim(string address) => address.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0";

    private static string[] Links(string folder) => Read(() => Directory.GetFileSystemEntries(folder));

    private static string[] Lines(string file) => Read(() => Encoding.UTF8.GetString(PlainFile.ReadStart(file, MostBytes, out _)).Split('\n'));

    // A process may end at any time. Root may look at all others.
    private static string[] Read(Func<string[]> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
