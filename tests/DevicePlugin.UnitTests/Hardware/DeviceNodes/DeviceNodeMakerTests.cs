using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>With a script in place of nvidia-modprobe, which writes down what it was asked.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DeviceNodeMakerTests
{
    private static readonly MissingNode Gpu = new("nvidia3", ["-c", "3"]);
    private static readonly MissingNode Memory = new("nvidia-uvm", ["-u", "-c", "0"]);

    private readonly FakeTimeProvider _time = new();
    private TemporaryTree _tree = null!;
    private TestLogs _logs = null!;
    private bool _isInMaintenance;

    private string Dev => Path.Combine(_tree.Root, "dev");

    private DeviceNodeMakerOptions Options => new()
    {
        DriverRoot = _tree.Root,
        DevRoot = Dev,
        ToolDevRoot = Dev,
        ModuleFolder = Path.Combine(_tree.Root, "module"),
        IsInMaintenance = () => _isInMaintenance,
        ReadStatus = TemporaryTree.AsRootHasIt,
    };

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _logs = new TestLogs();
        _tree.Write("module/refcnt");
        Directory.CreateDirectory(Dev);
        WriteTool("for last; do :; done; case \"$1\" in -u) last=-uvm;; esac; : > \"$DEV/nvidia$last\"");
    }

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public async Task Make_Missing_RunsTheToolForEachWithoutOurEnvironment()
    {
        Assert.That(await MakeAsync(NewMaker(), Gpu, Memory), Is.True);

        Assert.That(Said(), Is.EqualTo(["-c 3", "-u -c 0"]));
        Assert.That(File.Exists(Path.Combine(Dev, "nvidia3")) && File.Exists(Path.Combine(Dev, "nvidia-uvm")));
        Assert.That(
            await File.ReadAllLinesAsync(Path.Combine(_tree.Root, "environment")),
            Has.None.StartsWith("HOME=").And.None.StartsWith("DOTNET"));
        Assert.That(_logs.Named("DeviceNodeMade").Select(entry => entry.Message), Is.EqualTo(
        [
            $"The device node \"{Dev}/nvidia3\" was missing; nvidia-modprobe created it.",
            $"The device node \"{Dev}/nvidia-uvm\" was missing; nvidia-modprobe created it.",
        ]));
    }

    [Test]
    public async Task Make_ModuleNotLoaded_RunsNothing()
    {
        Directory.Delete(Path.Combine(_tree.Root, "module"), recursive: true);

        Assert.That(await MakeAsync(NewMaker(), Gpu), Is.False);
        Assert.That(Said(), Is.Empty, "it would load the module");
    }

    [Test]
    public async Task Make_InMaintenance_RunsNothing()
    {
        _isInMaintenance = true;
        var maker = NewMaker();
        Assert.That(await MakeAsync(maker, Gpu), Is.False);
        Assert.That(Said(), Is.Empty);

        _isInMaintenance = false;
        Assert.That(await MakeAsync(maker, Gpu), Is.True, "it does not count as tried");
    }

    [Test]
    public async Task Make_NodesOfAnotherFolder_RunsNothing()
    {
        var maker = new DeviceNodeMaker(
            Options with { ToolDevRoot = "/dev" }, _time, new Logger<DeviceNodeMaker>(_logs));

        Assert.That(await MakeAsync(maker, Gpu), Is.False);
        Assert.That(Said(), Is.Empty);
    }

    [Test]
    public async Task Make_ToolThatOthersCanWrite_IsNotRun()
    {
        var maker = new DeviceNodeMaker(
            Options with { ReadStatus = path => TemporaryTree.AsRootHasIt(path)!.Value with { Owner = 1000 } }, _time, new Logger<DeviceNodeMaker>(_logs));

        Assert.That(await MakeAsync(maker, Gpu), Is.False);
        Assert.That(Said(), Is.Empty);
        Assert.That(_logs.Named("DeviceNodeNotMade").Single().Message, Does.Contain("belongs to user 1000 and not to root"));
    }

    [TestCase("echo no permission >&2; exit 1", "nvidia-modprobe: exit code 1: no permission")]
    [TestCase("exit 0", "nvidia-modprobe exited without creating it; check ModifyDeviceFiles in /proc/driver/nvidia/params")]
    public async Task Make_Fails_IsToldOnceAndTriedAgainAfterAMinute(string script, string problem)
    {
        WriteTool(script);
        var maker = NewMaker();

        Assert.That(await MakeAsync(maker, Gpu), Is.False);
        await MakeAsync(maker, Gpu);
        Assert.That(Said(), Has.Length.EqualTo(1));

        _time.Advance(DeviceNodeMaker.RetryAfter);
        await MakeAsync(maker, Gpu);
        Assert.That(Said(), Has.Length.EqualTo(2));
        Assert.That(_logs.Named("DeviceNodeNotMade").Single().Message, Does.Contain($"could not be created: {problem}."));
    }

    [Test]
    public async Task Make_ToolHangs_IsEndedAndTheOthersAreLeft()
    {
        WriteTool("exec /bin/sleep 600");
        var making = MakeAsync(NewMaker(), Gpu, Memory);
        _time.Advance(DeviceNodeMaker.Limit);

        Assert.That(await making.DefaultTimeout(), Is.False);
        Assert.That(Said(), Has.Length.LessThan(2));
        Assert.That(_logs.Named("DeviceNodeNotMade").Single().Message, Does.Contain("did not end within 10 s"));
    }

    [Test]
    public async Task Make_NoTool_SaysWhere()
    {
        File.Delete(Path.Combine(_tree.Root, "usr", "bin", "nvidia-modprobe"));

        Assert.That(await MakeAsync(NewMaker(), Gpu), Is.False);
        Assert.That(_logs.Named("DeviceNodeNotMade").Single().Message, Does.Contain("nvidia-modprobe was not found under"));
    }

    private static Task<bool> MakeAsync(DeviceNodeMaker maker, params MissingNode[] missing) =>
        maker.MakeAsync(missing, CancellationToken.None);

    private DeviceNodeMaker NewMaker() => new(Options, _time, new Logger<DeviceNodeMaker>(_logs));

    private string[] Said()
    {
        var calls = Path.Combine(_tree.Root, "calls");
        return File.Exists(calls) ? File.ReadAllLines(calls) : [];
    }

    private void WriteTool(string script) => _tree.WriteProgram(
        "usr/bin/nvidia-modprobe",
        $"#!/bin/sh\nDEV='{Dev}'\necho \"$*\" >> '{_tree.Root}/calls'\n/usr/bin/env > '{_tree.Root}/environment'\n{script}\n");
}
