using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Sharing;

internal sealed class SharingReviewTests
{
    private static readonly GpuDevice[] Gpus = [.. Enumerable.Range(0, 6).Select(n => TestGpus.Gpu(n))];

    [Test]
    public void FindMistakes_TwoRulesForTheSameDevices_IsOneConflictThatNamesSome() =>
        Assert.That(Mistakes([Rule("all"), Rule("*H100*")], Gpus), Is.EqualTo(
        [
            "sharing[0] and sharing[1] both match GPU-00000000, GPU-00000001, GPU-00000002 and 3 more, "
            + "and sharing[0] is used",
        ]));

    [Test]
    public void FindMistakes_FirstRuleSetsDevicesAside_IsNone() =>
        Assert.That(Mistakes([Rule("0") with { Replicas = 1 }, Rule("all")], Gpus), Is.Empty);

    [Test]
    public void FindMistakes_OneRuleNamesADeviceTwice_IsNone() =>
        Assert.That(Mistakes([Rule("0", "all")], Gpus), Is.Empty);

    [Test]
    public void FindMistakes_MpsOnInstances_NamesThemUnlessAnotherRuleSharesThem()
    {
        var parent = Gpus[0] with { Facts = new GpuFacts { MigMode = true } };
        var instance = TestGpus.Instance(parent, 7) with { Facts = parent.Facts };
        var mps = Rule("all") with { Strategy = SharingStrategy.Mps };

        Assert.That(Mistakes([mps], parent, instance), Is.EqualTo(
        [
            "sharing[0] has the strategy mps, which MIG instances do not have: MIG-0000-0007 stay exclusive",
        ]));
        Assert.That(Mistakes([mps, Rule("1g.10gb")], parent, instance), Is.Empty);
    }

    [Test]
    public void FindMistakes_MpsBlockThatSetsInstancesAside_IsNone()
    {
        var instance = TestGpus.Instance(Gpus[0], 7);

        Assert.That(
            Mistakes([Rule("all") with { Strategy = SharingStrategy.Mps, Replicas = 1 }], instance), Is.Empty,
            "exclusive is what it asks for");
    }

    [Test]
    public void FindMistakes_ParentOfInstances_IsNotCounted()
    {
        var parent = Gpus[0] with { Facts = new GpuFacts { MigMode = true } };

        Assert.That(Mistakes([Rule("0"), Rule("all")], parent), Is.Empty);
    }

    [Test]
    public void FindUnmatched_PatternsWithoutADevice_AreNamedWithTheirBlock() =>
        Assert.That(
            SharingReview.FindUnmatched(new SharingPolicy([Rule("0"), Rule("*A100*", "1", "17")]), Gpus)
                .Select(finding => finding.What),
            Is.EqualTo(
            [
                "\"*A100*\" in sharing[1].devices names no device of this node",
                "\"17\" in sharing[1].devices names no device of this node",
            ]));

    private static IEnumerable<string> Mistakes(SharingRule[] rules, params GpuDevice[] devices) =>
        SharingReview.FindMistakes(new SharingPolicy(rules), devices).Select(finding => finding.What);

    private static SharingRule Rule(params string[] devices) =>
        new() { Devices = [.. devices.Select(text => new DevicePattern(text))] };
}
