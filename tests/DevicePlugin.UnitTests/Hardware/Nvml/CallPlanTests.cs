using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class CallPlanTests
{
    [Test]
    public void Accept_NotSupported_IsNotAskedAgainUntilForgotten()
    {
        var plan = new CallPlan();

        Assert.That(plan.Accept("nvmlDeviceGetFanSpeed", NvmlReturn.NotSupported), Is.False);
        Assert.That(plan.Wants("nvmlDeviceGetFanSpeed"), Is.False);
        Assert.That(plan.Wants("nvmlDeviceGetFanSpeed", selector: 1), Is.True);
        Assert.That(plan.IsNotSupported("nvmlDeviceGetFanSpeed"), Is.True);

        plan.Forget();
        Assert.That(plan.Wants("nvmlDeviceGetFanSpeed"), Is.True);
    }

    [TestCase(NvmlReturn.NotReady)]
    [TestCase(NvmlReturn.Unknown)]
    [TestCase(NvmlReturn.InUse)]
    public void Accept_PassingFailure_IsAskedAgain(NvmlReturn result)
    {
        var plan = new CallPlan();

        Assert.That(plan.Accept("nvmlDeviceGetClockInfo", result), Is.False);
        Assert.That(plan.Wants("nvmlDeviceGetClockInfo"), Is.True);
    }

    [Test]
    public void Accept_NoPermission_IsNotTakenForNotSupported()
    {
        var plan = new CallPlan();
        plan.Accept("nvmlDeviceGetMemoryInfo", NvmlReturn.NoPermission);

        Assert.That(plan.Wants("nvmlDeviceGetMemoryInfo"), Is.False);
        Assert.That(plan.IsNotSupported("nvmlDeviceGetMemoryInfo"), Is.False);
    }

    [TestCase(NvmlReturn.GpuIsLost)]
    [TestCase(NvmlReturn.Uninitialized)]
    public void Accept_CodeAboutDeviceOrDriver_Fails(NvmlReturn result) =>
        Assert.That(
            () => new CallPlan().Accept("nvmlDeviceGetClockInfo", result),
            Throws.TypeOf<NvmlException>().With.Property(nameof(NvmlException.Result)).EqualTo(result));
}
