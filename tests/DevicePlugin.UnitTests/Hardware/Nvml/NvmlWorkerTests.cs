using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlWorkerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Test]
    public async Task RunAsync_Work_RunsOnOneThreadOfItsOwn()
    {
        using var worker = new NvmlWorker("test", Limit, TimeProvider.System);

        var first = await worker.RunAsync(() => Thread.CurrentThread).DefaultTimeout();
        var second = await worker.RunAsync(() => Thread.CurrentThread).DefaultTimeout();

        Assert.That(first, Is.SameAs(second));
        Assert.That(first.IsThreadPoolThread, Is.False);
        Assert.That(first.Name, Is.EqualTo("test"));
    }

    [Test]
    public void RunAsync_WorkFails_GivesTheFailureAndGoesOn()
    {
        using var worker = new NvmlWorker("test", Limit, TimeProvider.System);

        Assert.That(
            () => worker.RunAsync<int>(() => throw new NvmlException("f", NvmlReturn.GpuIsLost)).DefaultTimeout(),
            Throws.TypeOf<NvmlException>());
        Assert.That(() => worker.RunAsync(() => 1).DefaultTimeout(), Is.EqualTo(1));
    }

    [Test]
    public async Task RunAsync_WorkHangs_FailsAtTheLimitAndAtOnceUntilItComesBack()
    {
        var time = new FakeTimeProvider();
        using var worker = new NvmlWorker("test", Limit, time);
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        await worker.RunAsync(() => Enter("nvmlDeviceGetName")).DefaultTimeout();
        var hanging = worker.RunAsync(() =>
        {
            Enter("nvmlDeviceGetUUID");
            started.Set();
            release.Wait();
            return 1;
        });
        started.Wait();

        time.Advance(Limit);

        Assert.That(
            () => hanging.DefaultTimeout(),
            Throws.TypeOf<CallHangsException>().With.Message.EqualTo("nvmlDeviceGetUUID did not return within 10 s"));
        Assert.That(worker.IsOverdue, Is.True);
        Assert.That(() => worker.RunAsync(() => 2).DefaultTimeout(), Throws.TypeOf<CallHangsException>());

        release.Set();
        while (worker.IsOverdue)
        {
            await Task.Yield();
        }

        Assert.That(await worker.RunAsync(() => 3).DefaultTimeout(), Is.EqualTo(3));
    }

    [Test]
    public async Task RunAsync_ManyCallsOfWhichNoneTakesLong_HasTimeForAllOfThem()
    {
        var time = new FakeTimeProvider();
        using var worker = new NvmlWorker("test", Limit, time);
        using var calling = new SemaphoreSlim(0);
        using var answered = new SemaphoreSlim(0);
        var work = worker.RunAsync(() =>
        {
            for (var call = 0; call < 10; call++)
            {
                Enter("nvmlDeviceGetFieldValues");
                calling.Release();
                answered.Wait();
                RunningCall.Leave();
            }

            return 1;
        });
        for (var call = 0; call < 10; call++)
        {
            await calling.WaitAsync().DefaultTimeout();
            time.Advance(TimeSpan.FromSeconds(9));
            Assert.That(worker.IsOverdue, Is.False);
            answered.Release();
        }

        Assert.That(await work.DefaultTimeout(), Is.EqualTo(1));
    }

    [Test]
    public async Task RunAsync_TwoHang_TheLaterOneWaitsForTheFirst()
    {
        var time = new FakeTimeProvider();
        var order = new CallOrder(time);
        using var first = new NvmlWorker("first", Limit, time, order: order) { Gpu = 0 };
        using var second = new NvmlWorker("second", Limit, time, order: order) { Gpu = 1 };
        using var release = new ManualResetEventSlim();
        var one = await HangAsync(first, "nvmlOne", release);
        time.Advance(TimeSpan.FromSeconds(1));
        var two = await HangAsync(second, "nvmlTwo", release);
        time.Advance(Limit);

        Assert.That(() => one.DefaultTimeout(), Throws.TypeOf<CallHangsException>().With.Property("Cause").EqualTo(HangCause.Itself));
        Assert.That(() => two.DefaultTimeout(), Throws.TypeOf<CallHangsException>().With.Message.EqualTo(
            "nvmlTwo did not return within 10 s, and waits for nvmlOne (GPU 0), which was called before it"));

        // Another GPU's answer settles what the call of the second is.
        time.Advance(TimeSpan.FromSeconds(1));
        order.Answered(time.GetTimestamp());
        Assert.That(second.FindHang()?.Message, Is.EqualTo("nvmlTwo did not return within 10 s"));
        release.Set();
    }

    [Test]
    public async Task RunAsync_TwoHangSinceTheSameMoment_NeitherIsBlamed()
    {
        var time = new FakeTimeProvider();
        var order = new CallOrder(time);
        using var first = new NvmlWorker("first", Limit, time, order: order) { Gpu = 0 };
        using var second = new NvmlWorker("second", Limit, time, order: order) { Gpu = 1 };
        using var release = new ManualResetEventSlim();
        var one = await HangAsync(first, "nvmlOne", release);
        var two = await HangAsync(second, "nvmlTwo", release);
        time.Advance(Limit);

        foreach (var call in new[] { one, two })
        {
            Assert.That(() => call.DefaultTimeout(), Throws.TypeOf<CallHangsException>()
                .With.Property("Fault").EqualTo(new DeviceFault(
                    DeviceFaultKind.DriverUnresponsive,
                    "nvmlOne (GPU 0), nvmlTwo (GPU 1) did not return within 10 s, and any of them may block the driver.")));
        }

        release.Set();
    }

    [Test]
    public async Task RunAsync_WorkOutsideTheLibraryHangs_DoesNotBlameTheCallThatReturned()
    {
        var time = new FakeTimeProvider();
        using var worker = new NvmlWorker("test", Limit, time);
        using var release = new ManualResetEventSlim();
        var started = new TaskCompletionSource();
        var work = worker.RunAsync(() =>
        {
            Enter("nvmlDeviceGetUUID");
            RunningCall.Leave();
            started.SetResult();
            release.Wait();
        });
        await started.Task.DefaultTimeout();
        time.Advance(Limit);

        Assert.That(() => work.DefaultTimeout(), Throws.TypeOf<CallHangsException>()
            .With.Message.EqualTo("what follows nvmlDeviceGetUUID did not return within 10 s"));
        release.Set();
    }

    [Test]
    public void RunAsync_Disposed_SaysTheSessionIsOver()
    {
        var worker = new NvmlWorker("test", Limit, TimeProvider.System);
        worker.Dispose();

        Assert.That(
            () => worker.RunAsync(() => 1).DefaultTimeout(),
            Throws.TypeOf<NvmlException>()
                .With.Property(nameof(NvmlException.Result)).EqualTo(NvmlReturn.Uninitialized));
    }

    private static async Task<Task<int>> HangAsync(NvmlWorker worker, string function, ManualResetEventSlim release)
    {
        var started = new TaskCompletionSource();
        var work = worker.RunAsync(() =>
        {
            Enter(function);
            started.SetResult();
            release.Wait();
            return 1;
        });
        await started.Task.DefaultTimeout();
        return work;
    }

    private static int Enter(string function)
    {
        RunningCall.Enter(function);
        return 0;
    }
}
