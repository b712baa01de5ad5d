using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>A process that has a library of another driver than the loaded one.</summary>
/// <param name="Id">Its process id.</param>
/// <param name="Name">Of its program; empty when it has gone meanwhile.</param>
/// <param name="Library">File name of the first such library.</param>
/// <param name="Task">The Nomad task that it belongs to, <c>TASK of allocation ID</c>; null for any other process.</param>
public sealed record LibraryUser(int Id, string Name, string Library, string? Task);

/// <summary>
/// The processes that map driver libraries of another version than the loaded driver, as those that were started before an
/// upgrade do. Reads <c>/proc/PID/maps</c>, whose paths are those inside the process's container.
/// </summary>
public sealed partial class LibraryUsers
{
    private const int MostProcesses = 32_768;
    private const int MostBytes = 16 * 1024 * 1024;

    private readonly string _procRoot;
    private readonly string _driverVersion;
    private readonly ImmutableArray<LibraryUser>.Builder _found = ImmutableArray.CreateBuilder<LibraryUser>();

    private LibraryUsers(string procRoot, string driverVersion) => (_procRoot, _driverVersion) = (procRoot, driverVersion);

    /// <summary>In the order of their ids.</summary>
    public ImmutableArray<LibraryUser> Found { get; private set; } = [];

    public int Examined { get; private set; }

    /// <summary>How many processes may not be looked at.</summary>
    public int Unreadable { get; private set; }

    /// <param name="procRoot">Where the kernel shows its processes.</param>
    /// <param name="driverVersion">Of the loaded driver.</param>
    /// <param name="cancellationToken">Ends the search with what was found; whoever waits must not wait for one call.</param>
    public static LibraryUsers Find(string procRoot, string driverVersion, CancellationToken cancellationToken)
    {
        var users = new LibraryUsers(procRoot, driverVersion);
        foreach (var id in ProcessIdentity.AllUnder(procRoot).Order().Take(MostProcesses))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            users.Examine(id);
        }

        users.Found = users._found.ToImmutable();
        return users;
    }

    private void Examine(int id)
    {
        try
        {
            var maps = Encoding.UTF8.GetString(PlainFile.ReadStart(Path.Combine(_procRoot, $"{id}", "maps"), MostBytes, out _));
            var library = maps.Split('\n').Select(FindOther).FirstOrDefault(found => found is not null);
            Examined++;
            if (library is not null)
            {
                _found.Add(new LibraryUser(
                    id, ProcessNames.NameOf(_procRoot, id), library, ProcessNames.TaskOf(_procRoot, id)));
            }
        }
        catch (FileNotFoundException)
        {
            // It ended meanwhile.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not ours to read, or it ended while it was read: the kernel says ESRCH then.
            if (Directory.Exists(Path.Combine(_procRoot, $"{id}")))
            {
                Unreadable++;
            }
        }
    }

    /// <summary>The library of a line, if it is the driver's and of another version.</summary>
    private string? FindOther(string line)
    {
        var begin = line.IndexOf('/', StringComparison.Ordinal);
        if (begin < 0 || DriverLibrary().Match(line[begin..]) is not { Success: true } match)
        {
            return null;
        }

        // NVIDIA's compatibility packages are of a newer driver on purpose.
        var isCompatible = match.Groups["folder"].Value.Contains("/compat", StringComparison.Ordinal);
        return isCompatible || match.Groups["version"].Value == _driverVersion ? null : OneLine.OfName(match.Groups["name"].Value);
    }

    // A driver's version begins with three digits, unlike that of the container toolkit's or EGL's libraries, which are named
    // alike: libnvidia-container.so.1.17.8, libnvidia-egl-wayland.so.1.1.13.
    [GeneratedRegex(@"^(?<folder>.*)/(?<name>lib(cuda|nvidia-[^/]*)\.so\.(?<version>\d{3}\.\d+(\.\d+)?))( \(deleted\))?$")]
    private static partial Regex DriverLibrary();
}
