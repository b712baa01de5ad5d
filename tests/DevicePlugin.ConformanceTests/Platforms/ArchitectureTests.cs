using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DevicePlugin.ConformanceTests.GoPlugin;

namespace DevicePlugin.ConformanceTests.Platforms;

/// <summary>
/// The executable for another architecture. Another layout of NVML's structures, another sign of char, or a float passed otherwise
/// would be another value.
/// </summary>
[Category("Platforms")]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class ArchitectureTests
{
    private PlatformExecutable _arm64 = null!;
    private PlatformExecutable _x64 = null!;

    [OneTimeSetUp]
    public void Find()
    {
        _arm64 = new PlatformExecutable("linux-arm64");
        _x64 = new PlatformExecutable("linux-x64");
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _arm64?.Dispose();
        _x64?.Dispose();
    }

    [TestCase("dgx-h100", "fingerprint")]
    [TestCase("dgx-a100-mig", "fingerprint")]
    [TestCase("gb200", "fingerprint")]
    [TestCase("gb200", "stats", "--count", "1")]
    [TestCase("dgx-a100-mig", "stats", "--count", "1")]
    public async Task Values_ReadThroughNvml_AreTheSame(string scenario, params string[] command)
    {
        using var node = new MockedNode(scenario);

        var (arm64, x64) = (await ReadAsync(_arm64, node, command), await ReadAsync(_x64, node, command));

        Assert.That(arm64, Is.EqualTo(x64));
    }

    // Everything that Nomad does with a plugin in its life, by HashiCorp's own library, with the mock behind the plugin.
    [TestCase]
    [TestCase("-auto-mtls")]
    public async Task GoHost_OverNvml_EveryStepSucceeds(params string[] flags)
    {
        using var node = new MockedNode { Executable = _arm64.Path, Library = _arm64.Mock("libnvidia-ml.so.1") };

        var run = await GoHost.RunAsync(_arm64.Path, ["-config", node.Config, .. flags], [], node.Environment);

        run.AssertEveryStepSucceeded();
        Assert.That(run.DeviceIds(), Has.Count.EqualTo(8));
        Assert.That(run.Environment().GetProperty("NVIDIA_VISIBLE_DEVICES").GetString(), Is.EqualTo(run.DeviceIds()[0]));
        Assert.That(run.LeftBehind, Is.Empty);
    }

    // CUDA is asked by a child process, which cannot be started under emulation: there is none beside this library.
    private static async Task<string> ReadAsync(PlatformExecutable platform, MockedNode node, string[] command)
    {
        var library = Path.Combine(Directory.CreateDirectory(Path.Combine(node.Folder, "nvml")).FullName, "libnvidia-ml.so.1");
        File.Copy(platform.Mock("libnvidia-ml.so.1"), library, overwrite: true);
        var run = await platform.RunAsync(node.Environment, [.. command, "--json", "--nvml-library", library]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var answer = JsonNode.Parse(run.Output)!.AsObject();
        answer.Remove("timestamp");
        return answer.ToJsonString();
    }
}
