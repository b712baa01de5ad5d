using System.Runtime.Versioning;
using System.Text.Json;
using DevicePlugin.ConformanceTests.GoPlugin;

namespace DevicePlugin.ConformanceTests.Platforms;

/// <summary>
/// The executables other than the one that all other tests run: start, TLS, calls of NVML and the end differ between architectures
/// and between compiled and managed code.
/// </summary>
[TestFixture("linux-arm64", "native AOT")]
[TestFixture("linux-x64-compat", "managed")]
[Category("Platforms")]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class PlatformTests(string flavour, string form)
{
    private PlatformExecutable _platform = null!;

    [OneTimeSetUp]
    public void Find() => _platform = new PlatformExecutable(flavour);

    [OneTimeTearDown]
    public void Remove() => _platform?.Dispose();

    [Test]
    public async Task Version_TellsThePlatform()
    {
        var run = await _platform.RunAsync("version");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain(flavour.Replace("-compat", "")).And.Contain(form));
    }

    // Both ends of mutual TLS are this executable.
    [TestCase]
    [TestCase("--auto-mtls")]
    public async Task BuiltInHost_DrivesEveryCall(params string[] options)
    {
        var run = await _platform.RunAsync(
            ["host", "--plugin", _platform.Path, "--scenario", "gb200", "--samples", "1", "--json", .. options]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors + run.Output);
        Assert.That(
            run.Lines.Select(line => JsonDocument.Parse(line).RootElement).Select(step => step.GetProperty("ok").GetBoolean()),
            Is.All.True.And.Exactly(9).Items);
    }

    [TestCase("host", "--plugin", "", "--samples", "1")]
    [TestCase("fingerprint")]
    [TestCase("stats", "--count", "1")]
    public async Task Command_OverNvml_AnswersAndEnds(params string[] command)
    {
        using var node = Node();

        var run = await _platform.RunAsync(
            node.Environment,
            [.. command.Select(word => word.Length > 0 ? word : _platform.Path), "--json", "--nvml-library", node.Library]);

        Assert.That(run.ExitCode, Is.Zero, run.Errors + run.Output);
        Assert.That(run.Output, Does.Contain(node.Uuid(7)));
    }

    [Test]
    public async Task GoHost_GpuThatNeedsAReset_IsUnhealthyAndRefused()
    {
        using var node = Node();
        node.Breaks(gpu: 3);

        var run = await GoHost.RunAsync(
            _platform.Path, ["-config", node.Config],
            ["Launch", "SetConfig", "Fingerprint", $"Reserve={node.Uuid(3)}", "Reserve=all", "Kill"], node.Environment);

        Assert.That(run.Step("Fingerprint").Described.Keys, Is.EqualTo(new[] { node.Uuid(3) }), run.Logs);
        Assert.That(run.Step("Reserve").ErrorMessage, Does.Contain(node.Uuid(3)));
        Assert.That(run.Step("Reserve", 1).Succeeded, Is.True);
    }

    private MockedNode Node() => new() { Executable = _platform.Path, Library = _platform.Mock("libnvidia-ml.so.1") };
}
