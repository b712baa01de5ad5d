using System.Collections.Immutable;
using System.Runtime.InteropServices;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>One search for the libraries and tools of one version of the driver below its root: all of them, or a problem.</summary>
/// <param name="driverRoot">Below which the files are.</param>
/// <param name="version">Of the loaded driver.</param>
/// <param name="wanted">Null: every library, and the tools and files of <see cref="Default"/>.</param>
/// <param name="needed">Of which a library must not be missing.</param>
internal sealed class DriverFileScan(
    string driverRoot, string version, DriverCapabilities? wanted, DriverCapabilities needed)
{
    /// <summary>Decides about tools and files when nothing is configured.</summary>
    public const DriverCapabilities Default = DriverCapabilities.Compute | DriverCapabilities.Utility;

    private const string LibraryFolder = "/usr/local/nvidia/lib64/";
    private const string CudaLibrary = "libcuda.so.1";
    private const string ToolFolder = "/usr/local/nvidia/bin/";

    // Debian's and Red Hat's: libgbm looks only in its own distribution's folder.
    private static readonly string[] BufferFolders =
        [$"/usr/lib/{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64")}-linux-gnu/gbm/", "/usr/lib64/gbm/"];

    private readonly ImmutableArray<ReservedMount>.Builder _mounts = ImmutableArray.CreateBuilder<ReservedMount>();
    private readonly ImmutableArray<FileLink>.Builder _links = ImmutableArray.CreateBuilder<FileLink>();
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

        AddLinks();
        foreach (var (tool, of) in CapabilityFiles.Tools)
        {
            if (Wants(of))
            {
                AddTool(tool);
            }
        }

        AddOthers();
        return new DriverFiles(_mounts.ToImmutable()) { Links = _links.ToImmutable() };
    }

    private bool Wants(DriverCapabilities capability) => ((wanted ?? Default) & capability) != 0;

    private string? FindProblem() =>
        _unreadable is { } path
            ? $"\"{path}\", which belongs to the loaded driver, cannot be read or is damaged; reinstall the driver"
        : _mounts.Count == 0 ? $"no library of the loaded driver (lib*.so.{version}) is under driver_root \"{driverRoot}\""
        : CapabilityFiles.FindLack(needed, name => Has(LibraryFolder + name)) is not { } lack ? null
        : lack.Libraries == CudaLibrary
            ? $"the loaded driver's {CudaLibrary} (libcuda.so.{version}) is not under driver_root \"{driverRoot}\"; install the "
                + "driver package that has the CUDA library"
        : $"reserve.driver_capabilities has {lack.Word}, and the loaded driver's {lack.Libraries} (version {version}) is not under "
            + $"driver_root \"{driverRoot}\"; install the driver package that has it, or remove the word";

    private void AddLibraries(string folder)
    {
        AddLibraries(folder, $"lib*.so.{version}", AddLibrary);
        if (Wants(DriverCapabilities.Video))
        {
            AddLibraries($"{folder}/vdpau", $"lib*.so.{version}", AddLibrary);
        }

        foreach (var (pattern, of) in CapabilityFiles.Unversioned)
        {
            if (Wants(of))
            {
                AddLibraries(folder, pattern, AddUnversioned);
            }
        }
    }

    private void AddOthers()
    {
        foreach (var mount in DriverSettings.Find(driverRoot, wanted ?? Default, Unsettle))
        {
            Add(mount.HostPath, mount.TaskPath);
        }

        if (Wants(DriverCapabilities.Graphics) && FindLibrary("libnvidia-allocator.so.1") is { } allocator)
        {
            foreach (var folder in BufferFolders)
            {
                Add(allocator.HostPath, folder + "nvidia-drm_gbm.so");
            }
        }

        if (Wants(DriverCapabilities.Display))
        {
            foreach (var mount in DisplayModules.Find(driverRoot, version))
            {
                Add(mount.HostPath, mount.TaskPath);
            }
        }
    }

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

    // Its name has no version, so it may not belong to the loaded driver: a damaged one is skipped and not a problem.
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
        if (!CapabilityFiles.Has(Path.GetFileName(path), wanted))
        {
            return;
        }

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

    // Also mounted like any other file, because not every runtime can create links in a task.
    private void AddLinks()
    {
        foreach (var link in LibraryLinks.Find(driverRoot, version, [.. _mounts], Unsettle))
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

    // The target may appear in a folder that is not watched, such as that of Debian's alternatives.
    private void Unsettle() => IsSettled = false;

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

    private bool Has(string taskPath) => Find(taskPath) is not null;

    private ReservedMount? FindLibrary(string name) => Find(LibraryFolder + name);

    private ReservedMount? Find(string taskPath)
    {
        foreach (var mount in _mounts)
        {
            if (mount.TaskPath == taskPath)
            {
                return mount;
            }
        }

        return null;
    }
}
