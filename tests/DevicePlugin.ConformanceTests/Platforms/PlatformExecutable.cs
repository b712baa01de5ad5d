using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using DevicePlugin.ConformanceTests.CommandLine;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Platforms;

/// <summary>
/// A published executable of this or of another architecture. Another one runs under QEMU's user mode, behind a script of the same
/// name, so that hosts start it as any other plugin.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class PlatformExecutable : IDisposable
{
    private const string EmulatedSystem = "/usr/aarch64-linux-gnu";

    // Emulation makes a start ten times slower, and the machine may be busy with other builds.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("platform-");

    public PlatformExecutable(string flavour)
    {
        var executable = Repository.Executable(flavour);
        IsEmulated = flavour == "linux-arm64" && RuntimeInformation.OSArchitecture == Architecture.X64;
        Path = IsEmulated ? WriteScript(executable) : executable;
    }

    public bool IsEmulated { get; }

    /// <summary>What a host starts.</summary>
    public string Path { get; }

    /// <summary>A mock library that this executable can load.</summary>
    public string Mock(string name) => Prerequisite.File(
        System.IO.Path.Combine(Repository.Root, "artifacts", IsEmulated ? "arm64/hwmocks" : "hwmocks", name),
        IsEmulated ? "./build.sh arm64" : "./build.sh hwmocks");

    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync(new Dictionary<string, string>(), arguments);

    public Task<CliRun> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Cli.RunFileAsync(Path, Limit, environment, arguments);

    public void Dispose() => _folder.Delete(recursive: true);

    private string WriteScript(string executable)
    {
        var emulator = Prerequisite.Command("qemu-aarch64-static", "qemu-user-static");
        Prerequisite.File($"{EmulatedSystem}/lib/ld-linux-aarch64.so.1", "apt-get install libc6-dev-arm64-cross");
        var libraries = System.IO.Path.Combine(Repository.Root, "artifacts/arm64/root/usr/lib/aarch64-linux-gnu");
        Prerequisite.File($"{libraries}/libssl.so.3", "./build.sh arm64");
        var script = System.IO.Path.Combine(_folder.FullName, BuildInfo.Name);
        File.WriteAllText(
            script, $"#!/bin/sh\nexec {emulator} -L {EmulatedSystem} -E LD_LIBRARY_PATH='{libraries}' '{executable}' \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return script;
    }
}
