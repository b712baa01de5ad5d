using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Sharing;

internal sealed class DevicePatternTests
{
    [TestCase("all", true)]
    [TestCase("ALL", true)]
    [TestCase("*", true)]
    [TestCase("GPU-00000003", true)]
    [TestCase("gpu-00000003", true)]
    [TestCase("GPU-00000004", false)]
    [TestCase("3", true)]
    [TestCase("4", false)]
    [TestCase("0000:13:00.0", true)]
    [TestCase("00000000:13:00.0", true)]
    [TestCase("0000:14:00.0", false)]
    [TestCase("NVIDIA H100 80GB HBM3", true)]
    [TestCase("nvidia h100 80gb hbm3", true)]
    [TestCase("NVIDIA H100", false)]
    [TestCase("NVIDIA H100*", true)]
    [TestCase("*H100*", true)]
    [TestCase("*A100*", false)]
    [TestCase("*HBM3", true)]
    [TestCase("1g.10gb", false)]
    [TestCase("", false)]
    public void Matches_WholeGpu_ByAnyOfItsNames(string pattern, bool matches) =>
        Assert.That(new DevicePattern(pattern).Matches(TestGpus.Gpu(3)), Is.EqualTo(matches));

    [TestCase("all", true)]
    [TestCase("MIG-0003-0007", true)]
    [TestCase("MIG-0003-0008", false)]
    [TestCase("GPU-00000003", true)]
    [TestCase("3", true)]
    [TestCase("0000:13:00.0", true)]
    [TestCase("1g.10gb", true)]
    [TestCase("1G.10GB", true)]
    [TestCase("1g.*", true)]
    [TestCase("2g.20gb", false)]
    [TestCase("NVIDIA H100*", true)]
    [TestCase("*MIG 1g.10gb", true)]
    [TestCase("NVIDIA H100 80GB HBM3", false)]
    public void Matches_Instance_ByItsOwnNamesAndItsParents(string pattern, bool matches) =>
        Assert.That(
            new DevicePattern(pattern).Matches(TestGpus.Instance(TestGpus.Gpu(3), 7)), Is.EqualTo(matches));
}
