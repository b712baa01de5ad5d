namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>A folder that stands for the root of a node's files.</summary>
internal sealed class TemporaryTree : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("tree").FullName;

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
