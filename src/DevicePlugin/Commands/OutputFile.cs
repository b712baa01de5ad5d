using System.Globalization;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Files;
using DevicePlugin.Hardware.State;

namespace DevicePlugin.Commands;

/// <summary>Writes a command's answer to the file that was named on the command line.</summary>
internal static class OutputFile
{
    /// <summary>If the disk is full, the previous file stays and no partial file is left.</summary>
    /// <param name="path">Symlinks are followed; pipes and devices are written to directly.</param>
    /// <param name="bytes">The whole content.</param>
    /// <param name="mode">The mode of a new file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file or its folder is not writable.</exception>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        switch (FileStatus.Read(path))
        {
            case { IsFolder: true }:
                throw new IOException("it is a folder");
            case { IsPipe: true } or { IsCharacterDevice: true }:
                PatientFile.Write(path, bytes);
                break;
            case { IsRegularFile: true } when FindDescriptor(path) is { } descriptor:
                // What the shell and other commands write to this file stays in it.
                PatientFile.Write(descriptor, bytes);
                break;
            case { IsRegularFile: false }:
                throw new IOException("it is not a file");
            default:
                WriteWhole(TargetOf(path), bytes, mode);
                break;
        }
    }

    /// <summary>The open file of this process that a path names, such as <c>/dev/stdout</c> or <c>/dev/fd/3</c>.</summary>
    private static int? FindDescriptor(string path) => path switch
    {
        "/dev/stdout" => 1,
        "/dev/stderr" => 2,
        _ when Path.GetDirectoryName(path) is "/dev/fd" or "/proc/self/fd"
            && int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) => descriptor,
        _ => null,
    };

    private static void WriteWhole(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        if (Path.GetDirectoryName(path) is { } folder && !Directory.Exists(folder))
        {
            throw new IOException($"the folder \"{folder}\" does not exist");
        }

        AtomicFile.Write(path, bytes, mode);
    }

    // Creating the missing target of a symlink would surprise the user.
    private static string TargetOf(string path) => new FileInfo(path) is { LinkTarget: { } target } link
        ? link.ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } file
            ? file.FullName
            : throw new IOException($"it is a link to \"{target}\", which does not exist")
        : path;
}
