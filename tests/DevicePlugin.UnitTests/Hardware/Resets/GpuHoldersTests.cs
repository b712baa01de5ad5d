using DevicePlugin.Hardware.Resets;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Resets;

/// <summary>
/// Who has a GPU open, by processes that are files. The kernel's own nodes stand for the GPUs': 1:7 is full, 1:5 zero.
/// </summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class GpuHoldersTests
{
    private readonly TemporaryTree _tree = new();

    [SetUp]
    public void SetUp()
    {
        _tree.Link("dev/nvidia3", "/dev/full");
        _tree.Link("dev/nvidia4", "/dev/zero");
        _tree.Write("proc/devices", "Character devices:\n195 nvidia\n  1 nvidia-caps\n\nBlock devices:\n");
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Find_GoesByTheNodeAndNotByItsPath()
    {
        // A container's own node, by another name.
        _tree.Link("other/gpu", "/dev/full");
        Process(71, "python3", "NOMAD_TASK_NAME=train\0NOMAD_ALLOC_ID=1a2b\0", ("5", $"{_tree.Root}/other/gpu"));
        Process(72, "sh", "", ("0", "/dev/null"), ("3", "/dev/zero"), ("4", "/no/such/file"));

        Assert.That(Find(3), Is.EqualTo(["71 python3 (task train of allocation 1a2b)"]));
        Assert.That(Find(4), Is.EqualTo(["72 sh"]));
    }

    [Test]
    public void Find_WhatATaskCallsItself_MovesNoCursorAndForgesNoLine()
    {
        Process(
            71, "\u001b[2J\nok", $"NOMAD_TASK_NAME=x\nprobe    healthy\u001b[8m{new string('y', 1000)}\0NOMAD_ALLOC_ID=1a\u202e\0",
            ("5", "/dev/full"));

        Assert.That(Find(3).Single(), Does.Match(@"^71 \[2J ok \(task x probe healthy\[8my+… of allocation 1a\)$").And.Length.LessThan(200));
    }

    [Test]
    public void Find_MappedMemoryOfTheNode_KeepsItOpen()
    {
        Process(71, "server", "");
        _tree.Write("proc/71/maps",
            "00400000-00401000 r-xp 00000000 fe:00 12  /bin/server\n7f0000000000-7f0000001000 rw-s 00000000 00:05 99  /dev/nvidia3\n");
        _tree.Link("proc/71/map_files/7f0000000000-7f0000001000", "/dev/full");

        Assert.That(Find(3), Is.EqualTo(["71 server"]));
    }

    [Test]
    public void Find_ProcessWhoseFirstThreadHasEnded_IsSeenAtTheOthers()
    {
        Process(71, "job", "");
        _tree.Link("proc/71/task/73/fd/9", "/dev/full");

        Assert.That(Find(3), Is.EqualTo(["71 job"]));
    }

    [Test]
    public void Find_CapabilityOfAnInstance_IsTheGpus()
    {
        _tree.Write("proc/driver/nvidia/capabilities/gpu3/mig/gi1/access", "DeviceFileMinor: 5\nDeviceFileMode: 292\n");
        Process(71, "job", "", ("4", "/dev/zero"));

        Assert.That(Find(3), Is.EqualTo(["71 job"]));
    }

    [Test]
    public void Find_FabricManager_IsNoHolder_AndThePersistenceDaemonIsKnown()
    {
        Process(71, "nv-fabricmanage", "", ("4", "/dev/full"));
        Process(72, "nvidia-persiste", "", ("4", "/dev/full"));

        var holder = new GpuHolders($"{_tree.Root}/proc", $"{_tree.Root}/dev").Find(3, except: 0).Single();
        Assert.That((holder.Id, holder.IsPersistenceDaemon), Is.EqualTo((72, true)));
    }

    [Test]
    public void Find_ExceptOneProcess_LeavesItAndItsChildrenOut()
    {
        // Its parents are looked up among the real processes.
        var own = Environment.ProcessId;
        Process(own, "plugin", "", ("4", "/dev/full"));

        Assert.That(Find(3), Has.One.Items);
        Assert.That(new GpuHolders($"{_tree.Root}/proc", $"{_tree.Root}/dev").Find(3, except: own), Is.Empty);
    }

    private IEnumerable<string> Find(int minor) =>
        new GpuHolders($"{_tree.Root}/proc", $"{_tree.Root}/dev").Find(minor, except: 0).Select(holder => holder.ToString());

    private void Process(int id, string name, string environment, params (string Descriptor, string Target)[] open)
    {
        _tree.Write($"proc/{id}/comm", name + "\n");
        _tree.Write($"proc/{id}/environ", environment);
        foreach (var (descriptor, target) in open)
        {
            _tree.Link($"proc/{id}/fd/{descriptor}", target);
        }
    }
}
