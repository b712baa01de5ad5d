using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class SystemMemoryTests
{
    [Test]
    public void Parse_MemInfo_GivesTotalAndAvailable() =>
        Assert.That(
            SystemMemory.Parse("MemTotal:       127600748 kB\nMemFree:  1024 kB\nMemAvailable:   63800374 kB\n"),
            Is.EqualTo(new SystemMemory(127600748, 63800374)));

    [Test]
    public void TotalMiB_KiB_IsRoundedDown() =>
        Assert.That(new SystemMemory(127600748, 63800374), Has.Property("TotalMiB").EqualTo(124610)
            .And.Property("AvailableMiB").EqualTo(62305));

    [TestCase("")]
    [TestCase("MemTotal: 1024 kB\n")]
    [TestCase("MemTotal: -1 kB\nMemAvailable: 0 kB\n")]
    [TestCase("MemTotal: much kB\nMemAvailable: 1 kB\n")]
    public void Parse_AnythingElse_IsNothing(string text) => Assert.That(SystemMemory.Parse(text), Is.Null);

    [Test]
    public void Read_NoFile_IsNothing() => Assert.That(SystemMemory.Read("/nonexistent"), Is.Null);
}
