using System.Runtime.Versioning;

namespace DevicePlugin.Tests;

/// <summary>A folder that only root can have put there, unlike those for temporary files: what is in it may be run as root.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RootFolder : IDisposable
{
    // Short, since sockets lie in it. Debian mounts /run without the right to execute.
    private readonly string _path = $"/var/lib/gpu-test-{Guid.NewGuid().ToString("N")[..12]}";

    public RootFolder()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        Directory.CreateDirectory(_path);
    }

    public string Locate(string name) => Path.Combine(_path, name);

    /// <summary>Writes a program.</summary>
    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Locate(name))!);
        File.WriteAllText(Locate(name), text + "\n");
        File.SetUnixFileMode(
            Locate(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        return Locate(name);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
