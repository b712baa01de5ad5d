using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.State;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Which load of the kernel module is in use, from what the kernel itself says of it.</summary>
internal static class DriverLoadReader
{
    public static DriverLoad Read(NvmlOptions options)
    {
        return new DriverLoad(BootId.Read(options.ProcRoot), ReadModule(options));
    }

    /// <summary>
    /// The module's folder is at least as old as its inode, which is created when somebody first looks at the folder, and again
    /// after it fell out of the cache: less than the module's age, never more. Only a clock that was set since then can make it
    /// seem older, and nothing is older than the machine's uptime.
    /// </summary>
    public static DriverAge ReadAge(NvmlOptions options, DateTimeOffset now)
    {
        var folder = new DirectoryInfo(Path.Combine(options.SysfsRoot, "module", "nvidia"));
        var uptime = BootClock.ReadUptime(options.ProcRoot);
        return new DriverAge(
            folder.Exists && uptime is not null ? now - new DateTimeOffset(folder.LastWriteTimeUtc) : null, uptime);
    }

    /// <summary>
    /// Version and inode of the module's folder in sysfs: kernfs numbers a folder when it is created (fs/kernfs/dir.c),
    /// which each load does again. Its timestamps do not help: they say when the inode entered the cache.
    /// </summary>
    private static string? ReadModule(NvmlOptions options)
    {
        var folder = Path.Combine(options.SysfsRoot, "module", "nvidia");
        var version = TextFile.TryRead(Path.Combine(folder, "version"))?.Trim();
        return FileStatus.Read(folder)?.Inode is { } inode
            ? string.Create(CultureInfo.InvariantCulture, $"{version ?? "unknown"} {inode}")
            : version;
    }
}
