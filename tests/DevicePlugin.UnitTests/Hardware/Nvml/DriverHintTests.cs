using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class DriverHintTests
{
    [TestCase("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.105.08  Tue\nGCC version: 12", "580.105.08")]
    [TestCase("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build", "580.105.08")]
    [TestCase("something else", null)]
    [TestCase("Kernel Module", null)]
    public void ModuleVersion_Text_IsTheVersionInIt(string text, string? expected) =>
        Assert.That(DriverHint.ModuleVersion(text), Is.EqualTo(expected));

    [Test]
    [Platform("Linux")]
    public void For_NoControlNode_SaysSo() =>
        Assert.That(
            DriverHint.For(DriverState.NotLoaded, new NvmlOptions { DevRoot = "/nonexistent" }),
            Is.EqualTo("there is no /nonexistent/nvidiactl"));

    [Test]
    public void For_OtherStates_IsNothing() =>
        Assert.That(DriverHint.For(DriverState.Failed, new NvmlOptions()), Is.Null);
}
