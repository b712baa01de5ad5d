using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>A folder that stands for the root of a node's files.</summary>
internal sealed class TemporaryTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("tree").FullName;

    /// <summary>As if the folder, and those it lies in, were root's alone.</summary>
    public static FileStatus? AsRootHasIt(string path) => FileStatus.Read(path) is { } status
        ? status with { Owner = 0, Mode = status.Mode & ~0x12 }
        : null;

    public string WriteProgram(string path, string text)
    {
        var program = Write(path, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return program;
    }

    public string Write(string path, string text = "") => Write(path, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string path, byte[] bytes)
    {
        var full = FullPath(path);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    public string Link(string path, string target)
    {
        var full = FullPath(path);
        File.CreateSymbolicLink(full, target);
        return full;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string FullPath(string path)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }
}
