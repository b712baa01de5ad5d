using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;

namespace DevicePlugin.Commands;

/// <summary>A file that a person names for the answer of a command.</summary>
internal static class OutputFile
{
    /// <summary>A full disk leaves what was there before, and no half of a file beside it.</summary>
    /// <param name="path">A link means its target; a pipe or a device is written to.</param>
    /// <param name="bytes">All that it will have.</param>
    /// <param name="mode">Of a file that is made.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to write.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var isShared = path.StartsWith("/dev/", StringComparison.Ordinal);
        switch (FileStatus.Read(path))
        {
            case { IsFolder: true }:
                throw new IOException("it is a folder");
            case { IsPipe: true } or { IsCharacterDevice: true }:
                PatientFile.Write(path, bytes);
                break;
            case { IsRegularFile: true } when isShared:
                // The file behind /dev/stdout belongs to others too.
                File.WriteAllBytes(path, bytes);
                break;
            case { IsRegularFile: false }:
                throw new IOException("it is not a file");
            default:
                WriteWhole(TargetOf(path), bytes, mode);
                break;
        }
    }

    private static void WriteWhole(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            throw new IOException($"there is no folder \"{folder}\"");
        }

        AtomicFile.Write(path, bytes, mode);
    }

    // What a link that leads nowhere would have made is not what anybody expects to find there.
    private static string TargetOf(string path) => new FileInfo(path) is { LinkTarget: { } target } link
        ? link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } file
            ? file.FullName
            : throw new IOException($"it is a link to \"{target}\", which does not exist")
        : path;
}
