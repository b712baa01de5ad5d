using System.Text;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

internal sealed class CapabilityFileTests
{
    [TestCase("DeviceFileMinor: 12\nDeviceFileMode: 292\nDeviceFileModify: 1\n", 12)]
    [TestCase("DeviceFileMode: 292\nDeviceFileMinor: 0", 0)]
    [TestCase("  DeviceFileMinor:1048575\r\n", 1048575)]
    [TestCase("DeviceFileMinor: 1048576\n", null)]
    [TestCase("DeviceFileMinor: -1\n", null)]
    [TestCase("DeviceFileMinor: 12/../../sda\n", null)]
    [TestCase("DeviceFileMinor: 99999999999999999999\n", null)]
    [TestCase("DeviceFileMinor:\n", null)]
    [TestCase("DeviceFileMode: 292\n", null)]
    [TestCase("", null)]
    public void ParseMinor_OfAFileOfTheDriver_IsItsNumberOrNothing(string text, int? minor) =>
        Assert.That(CapabilityFile.ParseMinor(Encoding.UTF8.GetBytes(text)), Is.EqualTo(minor));

    [Test]
    public void ReadMinor_NoFileOrAFolder_IsNothing()
    {
        using var tree = new TemporaryTree();

        Assert.That(CapabilityFile.ReadMinor(Path.Combine(tree.Root, "access")), Is.Null);
        Assert.That(CapabilityFile.ReadMinor(tree.Root), Is.Null);
    }
}
