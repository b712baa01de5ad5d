using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Sharing;

internal sealed class SharingPolicyTests
{
    private static readonly GpuDevice Whole = TestGpus.Gpu(3);
    private static readonly GpuDevice Instance = TestGpus.Instance(TestGpus.Gpu(4), 7);

    [Test]
    public void FindRule_SeveralMatch_IsTheFirst() =>
        Assert.That(new SharingPolicy([Rule("5"), Rule("3"), Rule("all")]).FindRule(Whole), Is.EqualTo(1));

    [Test]
    public void FindRule_MpsAndAnInstance_IsTheNextRule()
    {
        var mps = Rule("all") with { Strategy = SharingStrategy.Mps };

        Assert.That(new SharingPolicy([mps]).FindRule(Instance), Is.Null);
        Assert.That(new SharingPolicy([mps, Rule("1g.*")]).FindRule(Instance), Is.EqualTo(1));
        Assert.That(new SharingPolicy([mps, Rule("1g.*")]).FindRule(Whole), Is.Zero);
    }

    [Test]
    public void FindShare_OneReplica_IsNone() =>
        Assert.That(
            new SharingPolicy([Rule("3") with { Replicas = 1 }, Rule("all")]).FindShare(Whole), Is.Null,
            "the first rule sets the device aside");

    [Test]
    public void FindShare_TimeSlicing_IsAnEvenPart()
    {
        var rule = Rule("all") with { Replicas = 10, Rename = true, TimeSlice = TimeSlice.Long, MemoryLimitMiB = null };

        Assert.That(new SharingPolicy([rule]).FindShare(Whole), Is.EqualTo(
            new DeviceShare(0, SharingStrategy.TimeSlicing, 10, 0)
            {
                HasOwnGroup = true,
                TimeSlice = TimeSlice.Long,
                MemoryMiB = 8155,
            }));
    }

    [TestCase("GPU-00000003", true)]
    [TestCase("gpu-00000003", true)]
    [TestCase("3", true)]
    [TestCase("0000:13:00.0", true)]
    [TestCase("13:00.0", true)]
    [TestCase("all", false)]
    [TestCase("*", false)]
    [TestCase("NVIDIA H100 80GB HBM3", false)]
    [TestCase("*H100*", false)]
    public void FindShare_Pattern_DecidesAloneWhetherTheGroupIsMarked(string pattern, bool isMarked)
    {
        Assert.That(new SharingPolicy([Rule(pattern)]).FindShare(Whole)!.HasOwnGroup, Is.EqualTo(isMarked));
        Assert.That(
            new SharingPolicy([Rule(pattern) with { Rename = true }]).FindShare(Whole)!.HasOwnGroup, Is.True);
    }

    [TestCase("MIG-0004-0007", true)]
    [TestCase("GPU-00000004", true)]
    [TestCase("4", true)]
    [TestCase("1g.10gb", false)]
    [TestCase("1g.*", false)]
    public void FindShare_PatternOfAnInstance_DecidesAloneWhetherTheGroupIsMarked(string pattern, bool isMarked) =>
        Assert.That(new SharingPolicy([Rule(pattern)]).FindShare(Instance)!.HasOwnGroup, Is.EqualTo(isMarked));

    [Test]
    public void FindShare_BlockThatAlsoNamesASingleDevice_MarksAllItsGroups() =>
        Assert.That(new SharingPolicy([Rule("*H100*", "17")]).FindShare(Whole)!.HasOwnGroup, Is.True);

    [TestCase("17", 1, true)]
    [TestCase("GPU-00000099", 1, true)]
    [TestCase("*L4*", 1, false)]
    [TestCase("17", 2, false)]
    public void FindShare_EarlierBlock_MarksTheGroupWhereItTakesSingleDevicesOut(string earlier, int replicas, bool isMarked)
    {
        var share = new SharingPolicy([Rule(earlier) with { Replicas = replicas }, Rule("all")]).FindShare(Whole);

        Assert.That(share!.HasOwnGroup, Is.EqualTo(isMarked), "whether or not the node has that device today");
    }

    [TestCase(1000, 1000)]
    [TestCase(999_999, 81559)]
    public void FindShare_MemoryLimit_IsNoMoreThanTheDeviceHas(long limit, long expected)
    {
        var rule = Rule("all") with { Strategy = SharingStrategy.Mps, Replicas = 3, MemoryLimitMiB = limit };

        Assert.That(new SharingPolicy([rule]).FindShare(Whole)!.MemoryMiB, Is.EqualTo(expected));
    }

    [Test]
    public void FindShare_MemoryUnknown_SaysNothingOfIt() =>
        Assert.That(
            new SharingPolicy([Rule("all")]).FindShare(Whole with { Facts = GpuFacts.None })!.MemoryMiB, Is.Null);

    private static SharingRule Rule(params string[] devices) =>
        new() { Devices = [.. devices.Select(text => new DevicePattern(text))] };
}
