using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Hardware.DeviceNodes;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.Files;

/// <summary>What a link in the last part of a path is to its reader.</summary>
public enum LinkRule
{
    Follow,

    /// <summary>For a folder that others may write: they would choose which file root reads, or copies.</summary>
    Refuse,
}

/// <summary>
/// Reads regular files of limited size, and nothing else that may lie in their place: opening a pipe waits for a writer,
/// opening a device may act on it, and a device may have no end.
/// </summary>
public static partial class PlainFile
{
    // fcntl.h and errno.h. O_NONBLOCK and O_CLOEXEC are the same on x64 and arm64, O_NOFOLLOW is not.
    private const int WriteOnly = 1;
    private const int ReadAndWrite = 2;
    private const int Create = 0x40;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int NoEntry = 2;
    private const int NotAFolder = 20;
    private const int TooManyLinks = 40;
    private const int NotPermitted = 1;
    private const int AccessDenied = 13;
    private const int PermissionMask = 0xFFF;

    private const int FirstBuffer = 4096;
    private const string NotRegular = "it is not a regular file";
    private const string IsALink = "it is a link";

    internal static int NoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>The whole file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="IOException">It is not a regular file, is a dangling link, has more bytes, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public static byte[] Read(string path, int mostBytes, LinkRule links = LinkRule.Follow)
    {
        using var file = Open(path, links);

        // Most files say how long they are: one that is too long is not read at all.
        var isWhole = RandomAccess.GetLength(file) <= mostBytes;
        var bytes = isWhole ? ReadStart(file, mostBytes, out isWhole) : [];
        return isWhole ? bytes : throw new IOException($"it has more than {mostBytes} bytes");
    }

    /// <inheritdoc cref="Read"/>
    public static string ReadText(string path, int mostBytes, LinkRule links = LinkRule.Follow)
    {
        var bytes = Read(path, mostBytes, links).AsSpan();
        return Encoding.UTF8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes);
    }

    /// <summary>No more than the first bytes of a file. Throws like <see cref="Read"/>.</summary>
    public static byte[] ReadStart(string path, int mostBytes, out bool isWhole, LinkRule links = LinkRule.Follow)
    {
        using var file = Open(path, links);
        return ReadStart(file, mostBytes, out isWhole);
    }

    /// <summary>Whether a link lies there whose target is not there.</summary>
    public static bool IsDanglingLink(string path) => FileStatus.Read(path) is null && FileStatus.ReadLink(path) is { IsLink: true };

    /// <summary>For whoever reads only parts of it. Throws like <see cref="Read"/>.</summary>
    public static SafeFileHandle Open(string path, LinkRule links = LinkRule.Follow) =>
        OperatingSystem.IsLinux() ? OpenNative(path, links) : OpenManaged(path, links);

    /// <summary>Cuts a file down to nothing, but none that a link chose. Throws like <see cref="Read"/>.</summary>
    public static void Empty(string path)
    {
        using var file = OperatingSystem.IsLinux()
            ? OpenNative(path, LinkRule.Refuse, WriteOnly)
            : File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.SetLength(file, 0);
    }

    /// <summary>For reading and writing; made with this mode if there is none. Throws like <see cref="Read"/>.</summary>
    [SupportedOSPlatform("linux")]
    internal static SafeFileHandle OpenOrCreate(string path, UnixFileMode mode)
    {
        var file = OpenNative(path, LinkRule.Refuse, ReadAndWrite | Create, mode);
        if (FileStatus.ReadOpen(file) is { } status && status.Owner == FileStatus.CurrentUser && (status.Mode & PermissionMask) != (int)mode)
        {
            // The umask took some of it, or an earlier version made it.
            File.SetUnixFileMode(file, mode);
        }

        return file;
    }

    private static byte[] ReadStart(SafeFileHandle file, int mostBytes, out bool isWhole)
    {
        var buffer = new byte[Math.Min(FirstBuffer, mostBytes + 1)];
        var length = 0;

        // Up to its end, because the kernel's files say that they have no bytes.
        for (int count; (count = RandomAccess.Read(file, buffer.AsSpan(length), length)) > 0;)
        {
            length += count;
            if (length == buffer.Length && length <= mostBytes)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 4L, mostBytes + 1L));
            }
            else if (length > mostBytes)
            {
                break;
            }
        }

        isWhole = length <= mostBytes;
        return buffer[..Math.Min(length, mostBytes)];
    }

    private static SafeFileHandle OpenNative(string path, LinkRule links, int access = 0, UnixFileMode mode = 0)
    {
        // Devices are not even opened; what is opened is looked at again, since it may have been replaced in between.
        if (FileStatus.Read(path) is { IsRegularFile: false })
        {
            throw new IOException(NotRegular);
        }

        var descriptor = OpenFile(path, access | NonBlocking | CloseOnExec | (links == LinkRule.Refuse ? NoFollow : 0), (uint)mode);
        if (descriptor < 0)
        {
            throw ErrorOf(path, Marshal.GetLastPInvokeError(), links);
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (FileStatus.ReadOpen(file) is { IsRegularFile: false })
        {
            file.Dispose();
            throw new IOException(NotRegular);
        }

        return file;
    }

    private static SafeFileHandle OpenManaged(string path, LinkRule links)
    {
        try
        {
            return links == LinkRule.Refuse && new FileInfo(path).LinkTarget is not null
                ? throw new IOException(IsALink)
                : File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException(exception.Message, path, exception);
        }
    }

    private static Exception ErrorOf(string path, int error, LinkRule links) => error switch
    {
        TooManyLinks when links == LinkRule.Refuse => new IOException(IsALink),

        // Somebody keeps a file there, on a file system that is not mounted yet for example.
        NoEntry or NotAFolder or TooManyLinks when new FileInfo(path).LinkTarget is { } target =>
            new IOException($"it is a link to \"{target}\", which cannot be reached"),
        NoEntry or NotAFolder => new FileNotFoundException($"the file \"{path}\" does not exist", path),
        NotPermitted or AccessDenied => new UnauthorizedAccessException(Marshal.GetPInvokeErrorMessage(error)),
        _ => new IOException(Marshal.GetPInvokeErrorMessage(error)),
    };

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenFile(string path, int flags, uint mode);
}
