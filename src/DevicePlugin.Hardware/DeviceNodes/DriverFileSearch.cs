using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Finds the libraries and tools of the loaded driver below its root. The answer is kept until another driver is loaded or
/// one of the folders changes.
/// </summary>
internal sealed class DriverFileSearch(string driverRoot)
{
    private const string LibraryFolder = "/usr/local/nvidia/lib64/";
    private const string CudaLibrary = "libcuda.so.1";
    private const string ToolFolder = "/usr/local/nvidia/bin/";

    private static readonly string[] LibraryFolders =
        [.. NvmlLibraryLocator.DriverRootFolders, "usr/lib/wsl/lib", "run/opengl-driver/lib"];

    private static readonly string[] ToolFolders =
        ["usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/wsl/lib", "run/current-system/sw/bin"];

    private static readonly string[] Tools =
    [
        "nvidia-smi", "nvidia-debugdump", "nvidia-persistenced", "nvidia-cuda-mps-control", "nvidia-cuda-mps-server",
    ];

    private Answer? _answer;

    public DriverFiles Find(string? version)
    {
        if (version is null || !IsVersion(version))
        {
            return new DriverFiles([])
            {
                Problem = $"the driver's libraries cannot be told apart: the driver gives its version as \"{version}\"",
            };
        }

        // Taken first: what changes during the search makes it be done again.
        var stamp = ReadStamp();
        if (Volatile.Read(ref _answer) is { } answer && answer.Version == version && answer.Stamp == stamp)
        {
            return answer.Files;
        }

        var files = Search(version);
        Volatile.Write(ref _answer, new Answer(version, stamp, files));
        return files;
    }

    // It becomes part of a pattern of file names.
    private static bool IsVersion(string text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character) && character != '.')
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private DriverFiles Search(string version)
    {
        var mounts = ImmutableArray.CreateBuilder<ReservedMount>();
        foreach (var folder in LibraryFolders)
        {
            AddLibraries(folder, version, mounts);
        }

        if (mounts.Count == 0)
        {
            return new DriverFiles([])
            {
                Problem = $"no library of the loaded driver (lib*.so.{version}) is under "
                    + $"driver_root \"{driverRoot}\"",
            };
        }

        if (!Has(mounts, LibraryFolder + CudaLibrary))
        {
            return new DriverFiles([])
            {
                Problem = $"the loaded driver's {CudaLibrary} (libcuda.so.{version}) is not under driver_root "
                    + $"\"{driverRoot}\"; install the driver's package with CUDA's library",
            };
        }

        foreach (var tool in Tools)
        {
            AddTool(tool, mounts);
        }

        return new DriverFiles(mounts.ToImmutable());
    }

    private void AddLibraries(string folder, string version, ImmutableArray<ReservedMount>.Builder mounts)
    {
        string[] paths;
        try
        {
            paths = Directory.GetFiles(Path.Combine(driverRoot, folder), $"lib*.so.{version}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return;
        }

        Array.Sort(paths, StringComparer.Ordinal);
        foreach (var path in paths)
        {
            // A library of another kind of machine, such as one of 32 bits, has no name here.
            if (LinkResolver.Resolve(driverRoot, path) is { } file && ElfLibrary.TryReadName(file) is { } name)
            {
                Add(file, LibraryFolder + (name.Length > 0 ? name : Path.GetFileName(path)), mounts);
            }
        }
    }

    private void AddTool(string tool, ImmutableArray<ReservedMount>.Builder mounts)
    {
        foreach (var folder in ToolFolders)
        {
            if (LinkResolver.Resolve(driverRoot, Path.Combine(driverRoot, folder, tool)) is { } file)
            {
                Add(file, ToolFolder + tool, mounts);
                return;
            }
        }
    }

    // The first folder wins, as with the loader's own search.
    private static void Add(string file, string taskPath, ImmutableArray<ReservedMount>.Builder mounts)
    {
        if (!Has(mounts, taskPath))
        {
            mounts.Add(new ReservedMount(file, taskPath, IsReadOnly: true));
        }
    }

    private static bool Has(ImmutableArray<ReservedMount>.Builder mounts, string taskPath)
    {
        foreach (var mount in mounts)
        {
            if (mount.TaskPath == taskPath)
            {
                return true;
            }
        }

        return false;
    }

    private long ReadStamp()
    {
        long stamp = 0;
        foreach (var folder in LibraryFolders)
        {
            stamp = Mix(stamp, folder);
        }

        foreach (var folder in ToolFolders)
        {
            stamp = Mix(stamp, folder);
        }

        return stamp;
    }

    private long Mix(long stamp, string folder) =>
        unchecked((stamp * 31) + Directory.GetLastWriteTimeUtc(Path.Combine(driverRoot, folder)).Ticks);

    private sealed record Answer(string Version, long Stamp, DriverFiles Files);
}
