using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>What the kernel tells of a file and .NET does not pass on. Links are followed.</summary>
public readonly partial record struct FileStatus(ulong Inode, int Mode, uint Owner, int Major, int Minor)
{
    private const int CurrentFolder = -100;

    // STATX_TYPE, STATX_MODE, STATX_UID, STATX_INO.
    private const uint Wanted = 0x10B;

    // struct statx (include/uapi/linux/stat.h): 256 bytes.
    private const int StatxSize = 256;
    private const int OwnerOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int DeviceMajorOffset = 128;
    private const int DeviceMinorOffset = 132;

    private const int KindMask = 0xF000;
    private const int CharacterDevice = 0x2000;
    private const int Folder = 0x4000;
    private const int RegularFile = 0x8000;
    private const int GroupAndOthersWrite = 0x12;
    private const int AnybodyExecutes = 0x49;

    private const int ReadAndWrite = 6;

    public bool IsCharacterDevice => (Mode & KindMask) == CharacterDevice;

    public bool IsFolder => (Mode & KindMask) == Folder;

    public bool IsRegularFile => (Mode & KindMask) == RegularFile;

    public bool IsExecutable => (Mode & AnybodyExecutes) != 0;

    /// <summary>Writable by the group counts too: its members are not known.</summary>
    public bool IsWritableByOthers => (Mode & GroupAndOthersWrite) != 0;

    /// <summary>Null where there is no such file, or a system without the call.</summary>
    public static FileStatus? Read(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> status = stackalloc byte[StatxSize];
        try
        {
            return Statx(CurrentFolder, path, 0, Wanted, status) == 0
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

    private static FileStatus Decode(ReadOnlySpan<byte> status) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(status[InodeOffset..]),
        BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]),
        BinaryPrimitives.ReadUInt32LittleEndian(status[OwnerOffset..]),
        (int)BinaryPrimitives.ReadUInt32LittleEndian(status[DeviceMajorOffset..]),
        (int)BinaryPrimitives.ReadUInt32LittleEndian(status[DeviceMinorOffset..]));

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
