using System.Diagnostics;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>
/// The executable with a hostile file at every path it reads. HostileFileTests of the unit tests has each reader on its own.
/// </summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HostileFilesTests
{
    private const string Maintenance = "maintenance";

    // All that the executable reads on this node, except the maintenance file.
    private static readonly string[] Files =
    [
        "state/health.json", "state/gpus.json", "state/cordons.json", "state/cdi.json", "run/mps.json", "run/time-slices",
        "run/health.json", "run/gpus.json", "cdi/other.json", "cdi/nomad-device-gpu.json", "state/health.json.new",
        "state/gpus.json.new", "proc/sys/kernel/random/boot_id", "proc/driver/nvidia/version", "proc/uptime", "proc/meminfo",
    ];

    [Test]
    public async Task InPlaceOfEveryFile_TheInventoryGoesOnAndEachTroubleIsToldOnce([Values] Hostility hostility)
    {
        await using var node = new HostileNode();
        foreach (var file in Files)
        {
            hostility.Put(node.Locate(file));
        }

        await node.StartAsync();
        var devices = await node.UntilAsync(devices => devices.Count == 8);
        await node.AssertFollowsAsync();

        Assert.That(
            devices.Select(device => device.Healthy), Has.All.EqualTo(false),
            "what cordons nobody can read may cordon any GPU");
        foreach (var told in node.Logs.GroupBy(line => line.Message).Where(told => told.Key.Contains("state/", StringComparison.Ordinal)))
        {
            Assert.That(told.Count(), Is.EqualTo(1), told.Key);
        }

        await node.EndAsync();
        if (hostility == Hostility.Link)
        {
            foreach (var file in Files)
            {
                Assert.That(File.ReadAllText(Hostilities.TargetOf(node.Locate(file))), Is.EqualTo(Hostilities.Secret), file);
            }
        }
    }

    [TestCase(Hostility.Pipe)]
    [TestCase(Hostility.EndlessLink)]
    [TestCase(Hostility.Link)]
    [TestCase(Hostility.Huge)]
    [TestCase(Hostility.Garbage)]
    public async Task AsMaintenanceFile_IsMaintenanceUntilItIsGoneAndTakesNoThreads(Hostility hostility)
    {
        await using var node = new HostileNode();
        await node.StartAsync();
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));

        hostility.Put(node.Locate(Maintenance));
        var devices = await node.UntilAsync(devices => devices.All(device => !device.Healthy));
        Assert.That(devices.Select(device => device.HealthDescription), Has.None.Contains(Hostilities.Secret));
        var before = node.Threads;

        // The file is looked at every 2 s.
        var read = Stopwatch.StartNew();
        await Eventually.BecomesTrue(() => hostility != Hostility.Pipe || read.Elapsed > TimeSpan.FromSeconds(5));
        Assert.That(node.Threads, Is.LessThanOrEqualTo(before + 1), "a thread that opens a pipe never comes back");

        File.Delete(node.Locate(Maintenance));
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));
        Assert.That(node.Count("The maintenance file"), Is.LessThanOrEqualTo(1));
    }

    [Test]
    public async Task Disk_FullAndThenNot_WhatHappenedMeanwhileIsKeptAndBothAreTold()
    {
        await using var node = new HostileNode();
        using var disk = new SmallDisk(node.Locate("state"));
        await node.StartAsync();
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));
        await Eventually.BecomesTrue(() => File.Exists(node.Locate("state/gpus.json")));

        disk.Fill();
        node.LogXid(79, 3);
        await node.UntilAsync(devices => devices.Any(device => device.ID == node.Uuid(3) && !device.Healthy));
        await Eventually.BecomesTrue(() => node.Count("state/health.json\" cannot be written") == 1);
        Assert.That(Directory.GetFiles(node.Locate("state"), "*.new"), Is.Empty, "nothing half-written is left");
        Assert.That(File.Exists(node.Locate("state/health.json")), Is.False);

        disk.Free();
        await Eventually.BecomesTrue(() => node.Count("state/health.json\" is written again") == 1);
        await node.StartAsync();
        await node.UntilAsync(devices => devices.Any(device => device.ID == node.Uuid(3) && !device.Healthy));
        Assert.That(node.Count("health.json\" cannot be written"), Is.EqualTo(1));
    }

    [Test]
    public async Task Disk_ReadOnly_TheGpusAreServedAndOneLineSaysWhatIsNotKept()
    {
        await using var node = new HostileNode();
        using var disk = new SmallDisk(node.Locate("state"));
        disk.MakeReadOnly();

        await node.StartAsync();
        await node.UntilAsync(devices => devices.Count == 8 && devices.All(device => device.Healthy));
        await node.AssertFollowsAsync();

        Assert.That(node.Count("state/gpus.json\" cannot be written"), Is.EqualTo(1));
    }
}
