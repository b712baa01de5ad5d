using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Which load of the kernel module is in use, from what the kernel itself says of it.</summary>
internal static partial class DriverLoadReader
{
    private const int CurrentFolder = -100;
    private const uint InodeOnly = 0x100;

    // struct statx (include/uapi/linux/stat.h): 256 bytes, stx_mask first, stx_ino at 32.
    private const int StatxSize = 256;
    private const int InodeOffset = 32;

    public static DriverLoad Read(NvmlOptions options)
    {
        var boot = TextFile.TryRead(Path.Combine(options.ProcRoot, "sys", "kernel", "random", "boot_id"))?.Trim();
        return new DriverLoad(boot is { Length: > 0 } ? boot : null, ReadModule(options));
    }

    /// <summary>
    /// Version and inode of the module's folder in sysfs: kernfs numbers a folder when it is made (fs/kernfs/dir.c), and it
    /// is made anew by each load. Its times are no use: they are those of the inode's stay in the cache.
    /// </summary>
    private static string? ReadModule(NvmlOptions options)
    {
        var folder = Path.Combine(options.SysfsRoot, "module", "nvidia");
        var version = TextFile.TryRead(Path.Combine(folder, "version"))?.Trim();
        return ReadInode(folder) is { } inode
            ? string.Create(CultureInfo.InvariantCulture, $"{version ?? "unknown"} {inode}")
            : version;
    }

    private static ulong? ReadInode(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> status = stackalloc byte[StatxSize];
        try
        {
            return Statx(CurrentFolder, path, 0, InodeOnly, status) == 0
                && (BinaryPrimitives.ReadUInt32LittleEndian(status) & InodeOnly) != 0
                ? BinaryPrimitives.ReadUInt64LittleEndian(status[InodeOffset..])
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);
}
