using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

internal sealed class DeviceFilterTests
{
    [TestCase("GPU-00000003", true)]
    [TestCase("gpu-00000003", true)]
    [TestCase("GPU-00000004", false)]
    [TestCase("3", true)]
    [TestCase("03", true)]
    [TestCase("-3", false)]
    [TestCase("13", false)]
    [TestCase("0000:13:00.0", true)]
    [TestCase("00000000:13:00.0", true)]
    [TestCase("13:00.0", true)]
    [TestCase("0000:14:00.0", false)]
    [TestCase("", false)]
    public void Hides_ById_NamesTheDevice(string id, bool hidden) =>
        Assert.That(new DeviceFilter([id]).Hides(TestGpus.Gpu(3)), Is.EqualTo(hidden));

    [TestCase("GPU-00000003")]
    [TestCase("3")]
    [TestCase("0000:13:00.0")]
    public void Hides_Parent_TakesItsInstancesAlong(string id) =>
        Assert.That(new DeviceFilter([id]).Hides(TestGpus.Instance(TestGpus.Gpu(3), 7)), Is.True);

    [Test]
    public void Hides_Instance_LeavesItsSiblings()
    {
        var parent = TestGpus.Gpu(3);
        var filter = new DeviceFilter([TestGpus.Instance(parent, 7).Uuid]);

        Assert.That(filter.Hides(TestGpus.Instance(parent, 7)), Is.True);
        Assert.That(filter.Hides(TestGpus.Instance(parent, 8)), Is.False);
        Assert.That(filter.Hides(parent), Is.False);
    }

    [Test]
    public void UnknownIds_SomeMatch_NamesTheOthers() =>
        Assert.That(
            new DeviceFilter(["0", "GPU-none", "7"]).UnknownIds([TestGpus.Gpu(0), TestGpus.Gpu(1)]),
            Is.EqualTo(new[] { "GPU-none", "7" }));
}
