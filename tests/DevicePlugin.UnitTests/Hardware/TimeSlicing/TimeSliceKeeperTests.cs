using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.TimeSlicing;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.TimeSlicing;

/// <summary>With a script in place of nvidia-smi, which writes down what it was asked.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TimeSliceKeeperTests
{
    private TemporaryTree _tree = null!;
    private TestLogs _logs = null!;
    private TimeSliceKeeper _keeper = null!;

    private string Calls => Path.Combine(_tree.Root, "calls");

    private TimeSliceOptions Options => new()
    {
        DriverRoot = _tree.Root,
        StateFile = Path.Combine(_tree.Root, "state", "time-slices"),
        ReadStatus = TemporaryTree.AsRootHasIt,
    };

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _logs = new TestLogs();
        _keeper = NewKeeper();
        WriteTool("exit 0");
    }

    [TearDown]
    public async Task TearDown()
    {
        await _keeper.DisposeAsync();
        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public async Task Keep_RuleWithATimeSlice_TellsTheToolOnce()
    {
        await KeepAsync(Shared(0, TimeSlice.Long), Shared(1, TimeSlice.Short), Exclusive(2));
        await KeepAsync(Shared(0, TimeSlice.Long), Shared(1, TimeSlice.Short), Exclusive(2));

        Assert.That(Said(), Is.EqualTo(
        [
            "compute-policy -i GPU-00000000 --set-timeslice=3",
            "compute-policy -i GPU-00000001 --set-timeslice=1",
        ]));
    }

    [Test]
    public async Task Keep_DefaultOnly_StartsNothing()
    {
        await KeepAsync(Shared(0, TimeSlice.Default), Exclusive(1));

        Assert.That(Said(), Is.Empty);
        Assert.That(File.Exists(Options.StateFile), Is.False);
    }

    [Test]
    public async Task Keep_NoRuleNamesTheGpuAnyMore_PutsItBack()
    {
        await KeepAsync(Shared(0, TimeSlice.Medium));
        await KeepAsync(Exclusive(0));
        await KeepAsync(Exclusive(0));

        Assert.That(Said(), Is.EqualTo(
        [
            "compute-policy -i GPU-00000000 --set-timeslice=2",
            "compute-policy -i GPU-00000000 --set-timeslice=0",
        ]));
    }

    [Test]
    public async Task Keep_NextProcessWithoutTheRule_PutsItBack()
    {
        await KeepAsync(Shared(0, TimeSlice.Medium));
        await using var next = NewKeeper();

        await next.KeepAsync(Options, Node(Exclusive(0)), CancellationToken.None).DefaultTimeout();

        Assert.That(Said()[^1], Is.EqualTo("compute-policy -i GPU-00000000 --set-timeslice=0"));
        Assert.That(File.ReadAllText(Options.StateFile), Is.Empty);
    }

    [Test]
    public async Task Keep_StateFileOfSomeoneElse_PassesNothingOn()
    {
        _tree.Write("state/time-slices", "--help\nGPU-00000000; rm\n\0\nGPU-\n");

        await KeepAsync(Exclusive(0));

        Assert.That(Said(), Is.Empty);
    }

    [Test]
    public async Task Keep_DriverLoadedAnew_TellsItAgain()
    {
        await KeepAsync(Shared(0, TimeSlice.Long));
        await _keeper.KeepAsync(
            Options, new Inventory(new DriverStatus(DriverState.Maintenance), [Shared(0, TimeSlice.Long)], false),
            CancellationToken.None);
        await KeepAsync(Shared(0, TimeSlice.Long));

        Assert.That(Said(), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Keep_ToolFails_IsOneWarningWithItsWords()
    {
        WriteTool("echo 'Unable to set timeslice: Insufficient Permissions' >&2; exit 4");

        await KeepAsync(Shared(0, TimeSlice.Long));
        await KeepAsync(Shared(0, TimeSlice.Long));

        Assert.That(_logs.Named("TimeSliceNotSet").Select(entry => (entry.Level, entry.Message)), Is.EqualTo(
        [
            (LogLevel.Warning,
                "GPU \"GPU-00000000\" could not be given the time slice long (nvidia-smi: exit code 4: Unable to set "
                + "timeslice: Insufficient Permissions); it is shared all the same."),
        ]));
    }

    [Test]
    public async Task Keep_ToolThatOthersCanWrite_IsNotRun()
    {
        var options = Options with { ReadStatus = path => TemporaryTree.AsRootHasIt(path)!.Value with { Owner = 1000 } };

        await _keeper.KeepAsync(options, Node(Shared(0, TimeSlice.Long)), CancellationToken.None).DefaultTimeout();

        Assert.That(Said(), Is.Empty);
        Assert.That(
            _logs.Named("TimeSliceNotSet").Single().Message,
            Does.Contain("nvidia-smi is not trusted: \"/\" belongs to user 1000 and not to root"));
    }

    [Test]
    public async Task Keep_NoTool_IsAWarningThatSaysWhere()
    {
        File.Delete(Path.Combine(_tree.Root, "usr/bin/nvidia-smi"));

        await KeepAsync(Shared(0, TimeSlice.Long));

        Assert.That(
            _logs.Named("TimeSliceNotSet").Single().Message,
            Does.Contain($"nvidia-smi was not found under \"{_tree.Root}\": check driver_root"));
    }

    [Test]
    public async Task Keep_SickGpu_IsLeftAloneUntilItIsWell()
    {
        var sick = Shared(0, TimeSlice.Long) with { Health = new DeviceHealth(HealthState.Unhealthy, "XID 79") };
        await KeepAsync(sick);
        Assert.That(Said(), Is.Empty);

        await KeepAsync(Shared(0, TimeSlice.Long));
        Assert.That(Said(), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Keep_Instances_AreToldOnceThatTheyKeepTheDefault()
    {
        var instance = Shared(0, TimeSlice.Long) with { Gpu = TestGpus.Instance(TestGpus.Gpu(0), 7) };

        await KeepAsync(instance);
        await KeepAsync(instance);

        Assert.That(Said(), Is.Empty);
        Assert.That(_logs.Named("TimeSliceNotForInstances").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Offer_MadeUpDevices_StartsNothing()
    {
        await using (var keeper = NewKeeper())
        {
            keeper.Configure(Options);
            keeper.Offer(new Inventory(TestGpus.Report().Driver, [Shared(0, TimeSlice.Long)], isSimulated: true));
        }

        Assert.That(Said(), Is.Empty);
    }

    private static InventoryDevice Exclusive(int n) =>
        new($"GPU-{n:00000000}", TestGpus.Gpu(n), DeviceHealth.Healthy);

    private static InventoryDevice Shared(int n, TimeSlice slice) => Exclusive(n) with
    {
        Id = $"GPU-{n:00000000}::0",
        Share = new DeviceShare(0, SharingStrategy.TimeSlicing, 2, 0) { TimeSlice = slice },
    };

    private static Inventory Node(params InventoryDevice[] devices) =>
        new(TestGpus.Report().Driver, devices, isSimulated: false);

    private TimeSliceKeeper NewKeeper() => new(TimeProvider.System, _logs.CreateLogger<TimeSliceKeeper>());

    private Task KeepAsync(params InventoryDevice[] devices) =>
        _keeper.KeepAsync(Options, Node(devices), CancellationToken.None).DefaultTimeout();

    private string[] Said() => File.Exists(Calls) ? File.ReadAllLines(Calls) : [];

    private void WriteTool(string ending) =>
        _tree.WriteProgram("usr/bin/nvidia-smi", $"#!/bin/sh\necho \"$*\" >> '{Calls}'\n{ending}\n");
}
