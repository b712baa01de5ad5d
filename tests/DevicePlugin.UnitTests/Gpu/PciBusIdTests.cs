using DevicePlugin.Gpu;

namespace DevicePlugin.UnitTests.Gpu;

internal sealed class PciBusIdTests
{
    [TestCase("00000000:3B:00.0", "0000:3b:00.0")]
    [TestCase("0000:3b:00.0", "0000:3b:00.0")]
    [TestCase("00000008:01:00.0", "0008:01:00.0")]
    [TestCase("00012345:01:00.0", "12345:01:00.0")]
    [TestCase("3b:1f.7", "0000:3b:1f.7")]
    [TestCase("3b:00", "0000:3b:00.0")]
    public void Normalize_AnyWidthAndCase_IsSysfsForm(string text, string expected) =>
        Assert.That(PciBusId.Normalize(text), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("GPU-1")]
    [TestCase("0000:100:00.0")]
    [TestCase("0000:3b:20.0")]
    [TestCase("0000:3b:00.8")]
    [TestCase("0000:3b:00.0.0")]
    [TestCase("0:0000:3b:00.0")]
    public void Normalize_NoAddress_IsNull(string text) => Assert.That(PciBusId.Normalize(text), Is.Null);
}
