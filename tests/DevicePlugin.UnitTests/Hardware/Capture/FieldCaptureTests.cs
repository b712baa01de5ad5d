using DevicePlugin.Hardware.Capture;

namespace DevicePlugin.UnitTests.Hardware.Capture;

internal sealed class FieldCaptureTests
{
    [TestCase("570.148.08", false)]
    [TestCase("575.57.08", true)]
    [TestCase("580.65.06", true)]
    [TestCase("580.82.07", false)]
    [TestCase("580.105.08", false)]
    [TestCase("595.91.07", false)]
    [TestCase("garbage", false)]
    [TestCase(null, false)]
    public void HasShiftedIds_Version_IsOfTheBranchesThatRenumbered(string? version, bool expected) =>
        Assert.That(FieldCapture.HasShiftedIds(version), Is.EqualTo(expected));
}
