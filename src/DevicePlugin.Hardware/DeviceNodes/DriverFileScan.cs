using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>One search for the libraries and tools of one version of the driver below its root: all of them, or a problem.</summary>
internal sealed class DriverFileScan(string driverRoot, string version)
{
    private const string LibraryFolder = "/usr/local/nvidia/lib64/";
    private const string CudaLibrary = "libcuda.so.1";
    private const string ToolFolder = "/usr/local/nvidia/bin/";

    private static readonly string[] Tools =
    [
        "nvidia-smi", "nvidia-debugdump", "nvidia-persistenced", "nvidia-cuda-mps-control", "nvidia-cuda-mps-server",
    ];

    private readonly ImmutableArray<ReservedMount>.Builder _mounts = ImmutableArray.CreateBuilder<ReservedMount>();
    private string? _unreadable;

    /// <summary>False: the answer may change without a sign in any folder.</summary>
    public bool IsSettled { get; private set; } = true;

    public DriverFiles Run()
    {
        foreach (var folder in DriverFileSearch.LibraryFolders)
        {
            AddLibraries(folder);
        }

        if (FindProblem() is { } problem)
        {
            return new DriverFiles([]) { Problem = problem };
        }

        foreach (var tool in Tools)
        {
            AddTool(tool);
        }

        return new DriverFiles(_mounts.ToImmutable());
    }

    private string? FindProblem() =>
        _unreadable is { } path
            ? $"\"{path}\", which belongs to the loaded driver, cannot be read or is damaged; reinstall the driver"
        : _mounts.Count == 0 ? $"no library of the loaded driver (lib*.so.{version}) is under driver_root \"{driverRoot}\""
        : Has(LibraryFolder + CudaLibrary) ? null
        : $"the loaded driver's {CudaLibrary} (libcuda.so.{version}) is not under driver_root \"{driverRoot}\"; install the "
            + "driver package that has the CUDA library";

    private void AddLibraries(string folder)
    {
        var path = Path.Combine(driverRoot, folder);
        string[] paths;
        try
        {
            paths = Directory.GetFiles(path, $"lib*.so.{version}");
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
            AddLibrary(library);
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
