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
            Throws.TypeOf<TimeoutException>().With.Message.EqualTo("nvmlDeviceGetUUID did not return within 10 s"));
        Assert.That(worker.IsOverdue, Is.True);
        Assert.That(() => worker.RunAsync(() => 2).DefaultTimeout(), Throws.TypeOf<TimeoutException>());

        release.Set();
        while (worker.IsOverdue)
        {
            await Task.Yield();
        }

        Assert.That(await worker.RunAsync(() => 3).DefaultTimeout(), Is.EqualTo(3));
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

    private static int Enter(string function)
    {
        RunningCall.Enter(function);
        return 0;
    }
}
