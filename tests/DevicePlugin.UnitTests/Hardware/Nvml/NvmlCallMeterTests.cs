using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlCallMeterTests
{
    [Test]
    public void Begin_WithoutObserver_TakesNoTime()
    {
        Assert.That(new NvmlCallMeter().Begin("nvmlInit_v2"), Is.Zero);
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
    public async Task Track_KeepsCallsUntilTheyReturn()
    {
        var meter = new NvmlCallMeter();
        var inside = meter.Track();
        var function = new NativeFunction("nvmlDeviceGetName", 1, meter);
        Assert.That(await inside.FindOverdueAsync(TimeSpan.Zero, CancellationToken.None), Is.Empty);
        using var mayReturn = new ManualResetEventSlim();
        using var isInside = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            function.TryBegin(out var begun);
            isInside.Set();
            mayReturn.Wait();
            function.End(begun, NvmlReturn.Success);
        })
        { Name = "nvml-gpu3" };
        thread.Start();
        isInside.Wait();

        var overdue = await inside.FindOverdueAsync(TimeSpan.FromMilliseconds(1), CancellationToken.None).DefaultTimeout();
        mayReturn.Set();
        thread.Join();

        Assert.That(overdue.Select(call => (call.Function, call.Thread)), Is.EqualTo(new[] { ("nvmlDeviceGetName", "nvml-gpu3") }));
        Assert.That(await inside.FindOverdueAsync(TimeSpan.Zero, CancellationToken.None), Is.Empty);
    }

    /// <summary>Events may be waited for longer than a call may take, and the time says nothing about the driver.</summary>
    [Test]
    public async Task Track_OfACallThatWaits_AllowsItThatTime_AndTheObserverHearsNothing()
    {
        var meter = new NvmlCallMeter();
        meter.Observe((_, _, _) => Assert.Fail("a wait is not measured"));
        var inside = meter.Track();
        var function = new NativeFunction("nvmlEventSetWait_v2", 1, meter);
        Assert.That(function.TryBegin(out var begun, TimeSpan.FromHours(1)), Is.True);

        var search = Task.Run(() => inside.FindOverdueAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.That(search.IsCompleted, Is.False);
        function.End(begun, NvmlReturn.Timeout);

        Assert.That(await search.DefaultTimeout(), Is.Empty);
    }

    [Test]
    public void Call_OfAFunctionThatTheLibraryLacks_IsNone()
    {
        var meter = new NvmlCallMeter();
        meter.Observe((_, _, _) => Assert.Fail("nothing was called"));

        Assert.That(new NativeFunction("nvmlFoo", 0, meter).Call(), Is.EqualTo(NvmlReturn.FunctionNotFound));
    }
}
