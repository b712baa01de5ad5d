using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlReturnMeaningTests
{
    [TestCase(3, true)]
    [TestCase(4, true)]
    [TestCase(13, true)]
    [TestCase(25, true)]
    [TestCase(26, true)]
    [TestCase(0, false)]
    [TestCase(2, false)]
    [TestCase(27, false)]
    [TestCase(999, false)]
    [TestCase(12345, false)]
    public void IsUnsupported_Code_IsRememberedOrAskedAgain(int code, bool expected) =>
        Assert.That(((NvmlReturn)code).IsUnsupported(), Is.EqualTo(expected));

    [TestCase(1, true)]
    [TestCase(9, true)]
    [TestCase(18, true)]
    [TestCase(4, false)]
    [TestCase(10, false)]
    [TestCase(17, false)]
    [TestCase(19, false)]
    [TestCase(23, false)]
    [TestCase(15, false)]
    [TestCase(999, false)]
    public void IsDriverLoss_Code_EndsTheSessionOrNot(int code, bool expected) =>
        Assert.That(((NvmlReturn)code).IsDriverLoss(), Is.EqualTo(expected));

    [TestCase(8, DeviceFaultKind.InsufficientPower)]
    [TestCase(11, DeviceFaultKind.CallFailed)]
    [TestCase(14, DeviceFaultKind.InforomCorrupt)]
    [TestCase(15, DeviceFaultKind.Lost)]
    [TestCase(16, DeviceFaultKind.ResetRequired)]
    [TestCase(17, DeviceFaultKind.CallFailed)]
    [TestCase(3, null)]
    [TestCase(999, null)]
    public void Fault_Code_NamesTheDevicesFault(int code, DeviceFaultKind? expected) =>
        Assert.That(((NvmlReturn)code).Fault(), Is.EqualTo(expected));

    [TestCase(9, DriverState.NotLoaded)]
    [TestCase(18, DriverState.VersionMismatch)]
    [TestCase(4, DriverState.NoPermission)]
    [TestCase(17, DriverState.NoPermission)]
    [TestCase(999, DriverState.Failed)]
    [TestCase(12345, DriverState.Failed)]
    public void InitState_Code_IsTheDriversState(int code, DriverState expected) =>
        Assert.That(((NvmlReturn)code).InitState(), Is.EqualTo(expected));

    [TestCase(15, "GPU_IS_LOST")]
    [TestCase(18, "LIB_RM_VERSION_MISMATCH")]
    [TestCase(999, "UNKNOWN")]
    [TestCase(77, "77")]
    public void CodeName_Code_IsTheHeadersName(int code, string expected) =>
        Assert.That(((NvmlReturn)code).CodeName(), Is.EqualTo(expected));
}
