using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Mps;

internal sealed class MpsPlannerTests
{
    private static readonly GpuDevice[] Gpus = [TestGpus.Gpu(0), TestGpus.Gpu(1), TestGpus.Gpu(2)];

    [Test]
    public void Plan_OneBlock_HasItsGpusWithAnEvenPart()
    {
        var plan = Plan(new DeviceFilter([]), null, Rule(4, "0", "2"));

        Assert.That(plan.Blocks.Single().Gpus, Is.EqualTo(new[]
        {
            new MpsGpu("GPU-00000000", 20389, null), new MpsGpu("GPU-00000002", 20389, null),
        }));
        Assert.That(plan.Blocks.Single().ThreadPercentage, Is.EqualTo(25));
        Assert.That(plan.VisibleGpus, Is.EquivalentTo(Gpus.Select(gpu => gpu.Uuid)));
    }

    [Test]
    public void Plan_ConfiguredLimits_AreThese()
    {
        var plan = Plan(new DeviceFilter([]), 60, Rule(4, "0") with { MemoryLimitMiB = 30000 });

        Assert.That(plan.Blocks.Single().Gpus.Single().MemoryLimitMiB, Is.EqualTo(30000));
        Assert.That(plan.Blocks.Single().ThreadPercentage, Is.EqualTo(60));
    }

    [Test]
    public void Plan_IgnoredGpu_IsInNoBlock() =>
        Assert.That(Plan(new DeviceFilter(["1"]), null, Rule(2, "all")).Blocks.Single().Has("GPU-00000001"), Is.False);

    // CUDA stops at the first name that is no GPU's, and a daemon that runs must not be replaced for one that is only not found yet.
    [Test]
    public void Plan_GpuThatTheDriverDoesNotList_IsNeitherSharedNorVisible()
    {
        var plan = new MpsPlanner(
            new SharingPolicy([Rule(2, "all")]), new DeviceFilter([]), [new MpsFolders(0, "/pipe", "/log")], null)
            .Plan(TestGpus.Report(Gpus[0], Gpus[1] with { Index = -1 }));

        Assert.That(plan.Blocks.Single().Gpus.Select(gpu => gpu.Uuid), Is.EqualTo(new[] { Gpus[0].Uuid }));
        Assert.That(plan.VisibleGpus, Is.EqualTo(new[] { Gpus[0].Uuid }));
    }

    [Test]
    public void Plan_OneReplica_IsNotShared() =>
        Assert.That(Plan(new DeviceFilter([]), null, Rule(1, "all")).Blocks.Single().Gpus, Is.Empty);

    [Test]
    public void Plan_GpuWithMig_IsInNoBlock()
    {
        var parent = Gpus[0] with { Facts = Gpus[0].Facts with { MigMode = true } };
        var report = TestGpus.Report(parent, TestGpus.Instance(parent, 1), Gpus[1]);

        Assert.That(
            Planner(new DeviceFilter([]), null, Rule(2, "all")).Plan(report).Blocks.Single().Gpus.Select(gpu => gpu.Uuid),
            Is.EqualTo(new[] { Gpus[1].Uuid }));
    }

    [TestCase(7, 0, 16)]
    [TestCase(7, 5, 48)]
    [TestCase(9, 0, 48)]
    public void Plan_ReplicasBeyondTheLimitOfClients_AreRefused(int major, int minor, int limit)
    {
        var gpu = Gpus[0] with { Facts = Gpus[0].Facts with { ComputeCapability = new ComputeCapability(major, minor) } };

        var fits = Planner(new DeviceFilter([]), null, Rule(limit, "all")).Plan(TestGpus.Report(gpu));
        var exceeds = Planner(new DeviceFilter([]), null, Rule(limit + 1, "all")).Plan(TestGpus.Report(gpu));

        Assert.That(fits.Refused, Is.Empty);
        Assert.That(fits.Blocks.Single().Gpus, Has.Length.EqualTo(1));
        Assert.That(exceeds.Blocks.Single().Gpus, Is.Empty);
        Assert.That(exceeds.Refused[gpu.Uuid], Does.Contain($"{limit + 1} replicas, and MPS takes {limit} clients"));
    }

    [Test]
    public void Plan_MoreReplicasThanPercents_AreNotLeftWithoutAny() =>
        Assert.That(Plan(new DeviceFilter([]), null, Rule(256, "none")).Blocks.Single().ThreadPercentage, Is.EqualTo(1));

    private static MpsPlan Plan(DeviceFilter filter, int? percentage, params SharingRule[] rules) =>
        Planner(filter, percentage, rules).Plan(TestGpus.Report(Gpus));

    private static MpsPlanner Planner(DeviceFilter filter, int? percentage, params SharingRule[] rules) => new(
        new SharingPolicy(rules), filter, [.. rules.Select((_, index) => new MpsFolders(index, "/pipe", "/log"))],
        percentage);

    private static SharingRule Rule(int replicas, params string[] devices) => new()
    {
        Strategy = SharingStrategy.Mps, Replicas = replicas, Devices = [.. devices.Select(text => new DevicePattern(text))],
    };
}
