using System.Runtime.Versioning;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>A folder that only root can have put there, unlike those for temporary files.</summary>
[SupportedOSPlatform("linux")]
internal sealed class RootFolder : IDisposable
{
    private readonly string _path = $"/run/nomad-device-gpu-tests-{Guid.NewGuid():N}";

    public RootFolder()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        Directory.CreateDirectory(_path);
    }

    public string Locate(string name) => Path.Combine(_path, name);

    /// <summary>Writes a program.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(Locate(name), text + "\n");
        File.SetUnixFileMode(
            Locate(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        return Locate(name);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
