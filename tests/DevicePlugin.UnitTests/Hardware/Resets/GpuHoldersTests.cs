using System.Runtime.Versioning;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Tests;
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
    public void Find_DescriptorThatOnlyAThreadHas_IsSeen()
    {
        // The first thread has ended in the one process, and has descriptors of its own in the other.
        Process(71, "job", "");
        Process(72, "server", "", ("9", "/dev/null"));
        _tree.Link("proc/72/task/72/fd/9", "/dev/null");
        _tree.Link("proc/72/task/74/fd/9", "/dev/full");
        _tree.Link("proc/71/task/73/fd/9", "/dev/full");

        Assert.That(Find(3), Is.EqualTo(["71 job", "72 server"]));
    }

    [Test]
    public void Find_CapabilityOfAnInstance_IsTheGpus()
    {
        _tree.Write("proc/driver/nvidia/capabilities/gpu3/mig/gi1/access", "DeviceFileMinor: 5\nDeviceFileMode: 292\n");
        Process(71, "job", "", ("4", "/dev/zero"));

        Assert.That(Find(3), Is.EqualTo(["71 job"]));
    }

    [Test]
    [SupportedOSPlatform("linux")]
    public void Find_FabricManager_IsKnownByItsFile_AndThePersistenceDaemonByItsName()
    {
        using var driver = new RootFolder();
        var program = driver.Write("usr/bin/nv-fabricmanager", "#!/bin/sh");
        foreach (var (id, name, exe) in new[]
        {
            (71, "nv-fabricmanage", program), (72, "nvidia-persiste", "/bin/sh"), (73, "nv-fabricmanage", "/bin/sh"),
            (74, "nv-fabricmanage", driver.Write("other/nv-fabricmanager", "#!/bin/sh")),
        })
        {
            Process(id, name, "", ("4", "/dev/full"));
            _tree.Link($"proc/{id}/exe", exe);
        }

        var holders = Holders(driver.Locate("")).Find(3, except: 0);
        Assert.That(
            holders.Select(holder => (holder.Id, holder.IsPersistenceDaemon)), Is.EqualTo([(72, true), (73, false), (74, false)]));

        File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.OtherWrite);
        Assert.That(Holders(driver.Locate("")).Find(3, except: 0).Select(holder => holder.Id), Does.Contain(71), "anybody may have written it");
    }

    [Test]
    public void Find_ExceptOneProcess_LeavesItAndItsChildrenOut()
    {
        // Its parents are looked up among the real processes.
        var own = Environment.ProcessId;
        Process(own, "plugin", "", ("4", "/dev/full"));

        Assert.That(Find(3), Has.One.Items);
        Assert.That(Holders().Find(3, except: own), Is.Empty);
    }

    [Test]
    public void Find_WithoutProcesses_DoesNotSayThatTheGpuIsFree() =>
        Assert.That(
            () => new GpuHolders($"{_tree.Root}/none", $"{_tree.Root}/dev", new DriverTools(_tree.Root)).Find(3, except: 0),
            Throws.InstanceOf<IOException>());

    private GpuHolders Holders(string? driverRoot = null) =>
        new($"{_tree.Root}/proc", $"{_tree.Root}/dev", new DriverTools(driverRoot ?? _tree.Root));

    private IEnumerable<string> Find(int minor) =>
        Holders().Find(minor, except: 0).Select(holder => holder.ToString());

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
