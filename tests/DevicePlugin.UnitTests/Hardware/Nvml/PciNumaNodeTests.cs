using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class PciNumaNodeTests
{
    private string _root = "";

    [SetUp]
    public void SetUp() => _root = Directory.CreateTempSubdirectory("sysfs").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_root, recursive: true);

    [TestCase("1\n", 1)]
    [TestCase("-1\n", null)]
    [TestCase("many\n", null)]
    public void Read_File_IsTheNodeOrNothing(string content, int? expected)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "bus/pci/devices/0000:3b:00.0")).FullName;
        File.WriteAllText(Path.Combine(folder, "numa_node"), content);

        Assert.That(PciNumaNode.Read(_root, "0000:3b:00.0"), Is.EqualTo(expected));
    }

    [Test]
    public void Read_NoDevice_IsNothing() => Assert.That(PciNumaNode.Read(_root, "0000:3b:00.0"), Is.Null);
}
