using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>What the kernel tells of a file and .NET does not pass on.</summary>
public readonly partial record struct FileStatus(ulong Inode, int Mode, uint Owner, int Major, int Minor)
{
    private const int CurrentFolder = -100;
    private const int OfTheLinkItself = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int OfTheDescriptor = 0x1000; // AT_EMPTY_PATH

    // STATX_TYPE, STATX_MODE, STATX_UID, STATX_INO.
    private const uint Wanted = 0x10B;

    // struct statx (include/uapi/linux/stat.h): 256 bytes.
    private const int StatxSize = 256;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int DeviceMajorOffset = 128;
    private const int DeviceMinorOffset = 132;
    private const int FileSystemOffset = 136;

    private const int KindMask = 0xF000;
    private const int CharacterDevice = 0x2000;
    private const int Folder = 0x4000;
    private const int Pipe = 0x1000;
    private const int Link = 0xA000;
    private const int RegularFile = 0x8000;
    private const int Socket = 0xC000;
    private const int GroupAndOthersWrite = 0x12;
    private const int AnybodyExecutes = 0x49;
    private const int Sticky = 0x200;

    private const int ReadAndWrite = 6;

    /// <summary>Number of the device that holds the file; inodes are unique only within it.</summary>
    public ulong FileSystem { get; init; }

    public bool IsCharacterDevice => (Mode & KindMask) == CharacterDevice;

    public bool IsFolder => (Mode & KindMask) == Folder;

    public bool IsLink => (Mode & KindMask) == Link;

    public bool IsPipe => (Mode & KindMask) == Pipe;

    public bool IsSocket => (Mode & KindMask) == Socket;

    public bool IsRegularFile => (Mode & KindMask) == RegularFile;

    public bool IsExecutable => (Mode & AnybodyExecutes) != 0;

    /// <summary>Whether only its owner may delete or rename an entry of the folder.</summary>
    public bool IsSticky => (Mode & Sticky) != 0;

    /// <summary>Writable by the group counts too: its members are not known.</summary>
    public bool IsWritableByOthers => (Mode & GroupAndOthersWrite) != 0;

    /// <summary>Links are followed. Null where there is no such file, or a system without the call.</summary>
    public static FileStatus? Read(string path) => Ask(CurrentFolder, path, flags: 0);

    /// <summary>Of the link itself if the path ends in one.</summary>
    public static FileStatus? ReadLink(string path) => Ask(CurrentFolder, path, OfTheLinkItself);

    /// <summary>Of an open file.</summary>
    public static FileStatus? ReadOpen(SafeFileHandle file) => Ask((int)file.DangerousGetHandle(), "", OfTheDescriptor);

    private static FileStatus? Ask(int folder, string path, int flags)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> status = stackalloc byte[StatxSize];
        try
        {
            return Statx(folder, path, flags, Wanted, status) == 0
                && (BinaryPrimitives.ReadUInt32LittleEndian(status) & Wanted) == Wanted
                ? Decode(status)
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            // A C library older than the call.
            return null;
        }
    }

    /// <summary>The user whose rights this process has; null on a system without the call.</summary>
    public static uint? CurrentUser => Read("/proc/self")?.Owner;

    /// <summary>Asks the kernel and not the driver: opening a node would wake the GPU.</summary>
    public static bool MayReadAndWrite(string path) => OperatingSystem.IsLinux() && Access(path, ReadAndWrite) == 0;

    /// <summary>
    /// False for a dangling symlink, unlike <see cref="File.Exists(string)"/>. A container with a mount or node whose path is one
    /// does not start.
    /// </summary>
    public static bool IsThere(string path) => OperatingSystem.IsLinux() ? Access(path, mode: 0) == 0 : Path.Exists(path);

    private static FileStatus Decode(ReadOnlySpan<byte> status) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(status[InodeOffset..]),
        BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]),
        BinaryPrimitives.ReadUInt32LittleEndian(status[OwnerOffset..]),
        (int)BinaryPrimitives.ReadUInt32LittleEndian(status[DeviceMajorOffset..]),
        (int)BinaryPrimitives.ReadUInt32LittleEndian(status[DeviceMinorOffset..]))
    {
        FileSystem = BinaryPrimitives.ReadUInt64LittleEndian(status[FileSystemOffset..]),
    };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
