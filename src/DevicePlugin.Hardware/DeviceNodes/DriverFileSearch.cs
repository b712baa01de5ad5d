using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Finds the libraries and tools of the loaded driver below its root. The answer is kept until another driver is loaded, one
/// of the folders changes or one of the files is gone; one that may be incomplete is not kept.
/// </summary>
/// <param name="driverRoot">Below which the files are.</param>
/// <param name="wanted">As for <see cref="DriverFileScan"/>.</param>
/// <param name="needed">As for <see cref="DriverFileScan"/>.</param>
internal sealed class DriverFileSearch(
    string driverRoot, DriverCapabilities? wanted = null, DriverCapabilities needed = DriverCapabilities.Compute)
{
    public static readonly string[] LibraryFolders =
        [.. NvmlLibraryLocator.DriverRootFolders, "usr/lib/wsl/lib", "run/opengl-driver/lib"];

    public static readonly string[] ToolFolders =
        ["usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/wsl/lib", "run/current-system/sw/bin"];

    private readonly string[] _watched = [.. WatchedFor(wanted ?? DriverFileScan.Default)];

    private Answer? _answer;

    public DriverFiles Find(string? version)
    {
        if (version is null || !IsVersion(version))
        {
            return new DriverFiles([])
            {
                Problem = string.IsNullOrEmpty(version)
                    ? "the driver's libraries cannot be identified: NVML does not report the driver's version"
                    : $"the driver's libraries cannot be identified: NVML reports the driver's version as \"{version}\"",
            };
        }

        // Taken first: what changes during the search makes it be done again.
        var stamp = ReadStamp();
        if (Volatile.Read(ref _answer) is { } answer && answer.Version == version && answer.Stamp == stamp
            && AreThere(answer.Files))
        {
            return answer.Files;
        }

        var search = new DriverFileScan(driverRoot, version, wanted, needed);
        var files = search.Run();
        Volatile.Write(ref _answer, search.IsSettled ? new Answer(version, stamp, files) : null);
        return files;
    }

    // What a link leads to may be in a folder that is not watched, and a mount of a file that is gone fails the container.
    private static bool AreThere(DriverFiles files)
    {
        foreach (var mount in files.Mounts)
        {
            if (!FileStatus.IsThere(mount.HostPath))
            {
                return false;
            }
        }

        return true;
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

    // Only folders in which the search looks, because each reservation asks for their times.
    private static IEnumerable<string> WatchedFor(DriverCapabilities wanted) =>
    [
        .. LibraryFolders, .. ToolFolders, .. DriverSettings.FoldersOf(wanted),
        .. (wanted & DriverCapabilities.Display) != 0 ? DisplayModules.Folders : [],
        .. (wanted & DriverCapabilities.Video) != 0 ? LibraryFolders.Select(folder => $"{folder}/vdpau") : [],
    ];

    private long ReadStamp()
    {
        long stamp = 0;
        foreach (var folder in _watched)
        {
            stamp = Mix(stamp, folder);
        }

        return stamp;
    }

    private long Mix(long stamp, string folder) =>
        unchecked((stamp * 31) + Directory.GetLastWriteTimeUtc(Path.Combine(driverRoot, folder)).Ticks);

    private sealed record Answer(string Version, long Stamp, DriverFiles Files);
}
