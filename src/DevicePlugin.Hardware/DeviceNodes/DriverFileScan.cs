using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>One search for the libraries and tools of one version of the driver below its root: all of them, or a problem.</summary>
internal sealed class DriverFileScan(string driverRoot, string version)
{
    private const string LibraryFolder = "/usr/local/nvidia/lib64/";
    private const string CudaLibrary = "libcuda.so.1";

    // Of CUDA's compiler, for programs of older versions; the one library of the driver without the driver's version.
    private const string OlderCompiler = "libnvidia-nvvm70.so.*";
    private const string ToolFolder = "/usr/local/nvidia/bin/";

    private static readonly string[] Tools =
    [
        "nvidia-smi", "nvidia-debugdump", "nvidia-persistenced", "nvidia-cuda-mps-control", "nvidia-cuda-mps-server",
    ];

    private readonly ImmutableArray<ReservedMount>.Builder _mounts = ImmutableArray.CreateBuilder<ReservedMount>();
    private readonly ImmutableArray<FileLink>.Builder _links = ImmutableArray.CreateBuilder<FileLink>();
    private string? _unreadable;

    /// <summary>False: the answer may change without a sign in any folder.</summary>
    public bool IsSettled { get; private set; } = true;

    public DriverFiles Run()
    {
        foreach (var folder in DriverFileSearch.LibraryFolders)
        {
            AddLibraries(folder, $"lib*.so.{version}", AddLibrary);
            AddLibraries(folder, OlderCompiler, AddUnversioned);
        }

        if (FindProblem() is { } problem)
        {
            return new DriverFiles([]) { Problem = problem };
        }

        AddLinks();
        foreach (var tool in Tools)
        {
            AddTool(tool);
        }

        foreach (var mount in DriverSettings.Find(driverRoot))
        {
            Add(mount.HostPath, mount.TaskPath);
        }

        return new DriverFiles(_mounts.ToImmutable()) { Links = _links.ToImmutable() };
    }

    private string? FindProblem() =>
        _unreadable is { } path
            ? $"\"{path}\", which belongs to the loaded driver, cannot be read or is damaged; reinstall the driver"
        : _mounts.Count == 0 ? $"no library of the loaded driver (lib*.so.{version}) is under driver_root \"{driverRoot}\""
        : Has(LibraryFolder + CudaLibrary) ? null
        : $"the loaded driver's {CudaLibrary} (libcuda.so.{version}) is not under driver_root \"{driverRoot}\"; install the "
            + "driver package that has the CUDA library";

    private void AddLibraries(string folder, string pattern, Action<string> add)
    {
        var path = Path.Combine(driverRoot, folder);
        string[] paths;
        try
        {
            paths = Directory.GetFiles(path, pattern);
        }
        catch (DirectoryNotFoundException)
        {
            return;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What would be in it is not known, so the rest is not all there is.
            SetUnreadable(path);
            return;
        }

        Array.Sort(paths, StringComparer.Ordinal);
        foreach (var library in paths)
        {
            add(library);
        }
    }

    // Without the version in its name, nothing says that it is of the loaded driver, so what is wrong with it is of no weight.
    private void AddUnversioned(string path)
    {
        if (LinkResolver.Resolve(driverRoot, path) is { } file
            && ElfLibrary.Read(file, out var name) == LibraryKind.Ours && name is { Length: > 0 })
        {
            Add(file, LibraryFolder + name);
        }
    }

    private void AddLibrary(string path)
    {
        if (LinkResolver.Resolve(driverRoot, path) is not { } file)
        {
            IsSettled = false;
            return;
        }

        switch (ElfLibrary.Read(file, out var name))
        {
            case LibraryKind.Ours:
                Add(file, LibraryFolder + (name is { Length: > 0 } ? name : Path.GetFileName(path)));
                break;
            case LibraryKind.NoLibrary:
                IsSettled = false;
                break;
            case LibraryKind.Unreadable:
                SetUnreadable(file);
                break;
            default:
                break;
        }
    }

    // Mounted like any other file, since not every runtime can create a link in a task.
    private void AddLinks()
    {
        foreach (var link in LibraryLinks.Find(driverRoot, version, [.. _mounts]))
        {
            var taskPath = LibraryFolder + link.Name;
            if (!Has(taskPath))
            {
                Add(link.Library.HostPath, taskPath);
                _links.Add(new FileLink(taskPath, Path.GetFileName(link.Library.TaskPath)));
            }
        }
    }

    private void AddTool(string tool)
    {
        foreach (var folder in DriverFileSearch.ToolFolders)
        {
            if (LinkResolver.Resolve(driverRoot, Path.Combine(driverRoot, folder, tool)) is { } file)
            {
                Add(file, ToolFolder + tool);
                return;
            }
        }
    }

    private void SetUnreadable(string path)
    {
        _unreadable ??= path;
        IsSettled = false;
    }

    // The first folder wins, as with the loader's own search.
    private void Add(string file, string taskPath)
    {
        if (!Has(taskPath))
        {
            _mounts.Add(new ReservedMount(file, taskPath, IsReadOnly: true));
        }
    }

    private bool Has(string taskPath)
    {
        foreach (var mount in _mounts)
        {
            if (mount.TaskPath == taskPath)
            {
                return true;
            }
        }

        return false;
    }
}
