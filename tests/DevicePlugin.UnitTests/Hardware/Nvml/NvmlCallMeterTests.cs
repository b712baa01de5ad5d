using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlCallMeterTests
{
    [Test]
    public void Begin_WithoutObserver_TakesNoTime()
    {
        Assert.That(new NvmlCallMeter().Begin(), Is.Zero);
    }

    [TestCase(NvmlReturn.Success, null)]
    [TestCase(NvmlReturn.NotSupported, null)]
    [TestCase(NvmlReturn.NotFound, null)]
    [TestCase(NvmlReturn.InsufficientSize, null)]
    [TestCase(NvmlReturn.GpuIsLost, "GPU_IS_LOST")]
    [TestCase(NvmlReturn.Unknown, "UNKNOWN")]
    public void End_OfACall_TellsFunctionAndError(object result, string? error)
    {
        var meter = new NvmlCallMeter();
        var calls = new List<(string, string?)>();
        meter.Observe((function, duration, failure) =>
        {
            Assert.That(duration, Is.GreaterThanOrEqualTo(TimeSpan.Zero));
            calls.Add((function, failure));
        });

        var function = new NativeFunction("nvmlDeviceGetName", 1, meter);
        Assert.That(function.TryBegin(out var begun), Is.True);
        function.End(begun, (NvmlReturn)result);

        Assert.That(calls, Is.EqualTo(new[] { ("nvmlDeviceGetName", error) }));
    }

    [Test]
    public void Call_OfAFunctionThatTheLibraryLacks_IsNone()
    {
        var meter = new NvmlCallMeter();
        meter.Observe((_, _, _) => Assert.Fail("nothing was called"));

        Assert.That(new NativeFunction("nvmlFoo", 0, meter).Call(), Is.EqualTo(NvmlReturn.FunctionNotFound));
    }
}
