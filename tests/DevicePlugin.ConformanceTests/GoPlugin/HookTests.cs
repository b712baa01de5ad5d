using System.Runtime.Versioning;
using System.Text.Json;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>The program of an operator that is run when a GPU changes, by the published executable.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HookTests
{
    private const int Bad = 3;
    private const int Other = 5;

    private RootFolder _folder = null!;

    private string Calls => _folder.Locate("calls");

    [SetUp]
    public void SetUp() => _folder = new RootFolder();

    [TearDown]
    public void TearDown() => _folder?.Dispose();

    [Test]
    public async Task Change_IsToldToTheProgram_AndWhatHeldBeforeARestartIsNot()
    {
        using var node = new MockedNode { OnChange = Program() };
        var xid = node.Xid79(Bad);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Logs(xid), Called(1),
            node.Runs("cordon", node.Uuid(Other), "--reason", "RMA \"1\""), Called(2), "Kill",
            "Launch", "SetConfig", "Fingerprint", node.Runs("uncordon", node.Uuid(Other)), Called(3), "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(
            run.Steps.Where(step => step.Name == "Run").Select(step => step.Result.GetProperty("exit_code").GetInt32()), Is.All.Zero);
        var calls = File.ReadAllLines(Calls).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(calls, Has.Count.EqualTo(3), "a GPU that was unhealthy and one that was cordoned before are no news");
        Assert.That(
            calls.Select(call => call.GetProperty("devices").EnumerateArray().Single()).Select(device =>
                (device.GetProperty("id").GetString(), device.GetProperty("state").GetString(),
                    device.GetProperty("withheld").GetBoolean(),
                    device.GetProperty("cordon").ValueKind == JsonValueKind.Object
                        ? device.GetProperty("cordon").GetProperty("reason").GetString() : null,
                    string.Join(',', device.GetProperty("causes").EnumerateArray().Select(cause => cause.GetProperty("cause"))))),
            Is.EqualTo(new (string?, string?, bool, string?, string)[]
            {
                (node.Uuid(Bad), "unhealthy", true, null, "xid"),
                (node.Uuid(Other), "unhealthy", true, "RMA \"1\"", ""),
                (node.Uuid(Other), "healthy", false, null, ""),
            }));
        Assert.That(calls[0].GetProperty("node").GetString(), Is.EqualTo(File.ReadAllText("/proc/sys/kernel/hostname").Trim()));
        Assert.That(File.ReadAllText(_folder.Locate("environment")), Does.Not.Contain("HWMOCKS"));
        Assert.That(run.Logs, Does.Contain("The on_change program"));
    }

    [Test]
    public async Task ProgramThatOthersMayWrite_IsNotRun_AndDoctorFails()
    {
        using var node = new MockedNode { OnChange = Program() };
        File.SetUnixFileMode(node.OnChange, File.GetUnixFileMode(node.OnChange) | UnixFileMode.OtherWrite);

        var run = await node.RunAsync(
            "Launch", "SetConfig", "Fingerprint", node.Runs("cordon", "1", "--reason", "x"), "Await=cordoned",
            node.Runs("cordon", "2", "--reason", "x"), node.Runs("doctor"), "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Step("Run", 2).Result.GetProperty("output").GetString(), Does.Contain("FAIL  on-change"));
        Assert.That(File.Exists(Calls), Is.False);
        Assert.That(
            run.Logs.Split('\n').Where(line => line.Contains("is not run:", StringComparison.Ordinal)).ToList(),
            Has.Count.EqualTo(1).And.Some.Contains("\"@level\":\"error\""));
    }

    private string Program() => _folder.Write(
        "on-change",
        $"""
        #!/bin/sh
        env > {_folder.Locate("environment")}
        cat >> {Calls}
        echo >> {Calls}
        """);

    /// <summary>The step that waits until the program was called so often.</summary>
    private string Called(int times) =>
        $"Run=/bin/sh|-c|for i in $(seq 600); do [ -e {Calls} ] && [ $(wc -l < {Calls}) -ge {times} ] && exit; sleep 0.1; done; exit 1";
}
