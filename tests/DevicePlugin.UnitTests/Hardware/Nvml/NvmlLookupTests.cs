using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlLookupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Test]
    public async Task RunAsync_OneHangs_TheOthersGoOnAndItIsNotAskedAgainUntilItIsBack()
    {
        using var logs = new TestLogs();
        var time = new FakeTimeProvider();
        var stuck = new StuckCalls(time, logs.CreateLogger<StuckCalls>());
        var lookup = new NvmlLookup(Limit, new NvmlThreads(time, stuck));
        using var started = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var hanging = lookup.RunAsync(3, () =>
        {
            RunningCall.Enter("nvmlDeviceGetHandleByIndex_v2");
            started.Set();
            release.Wait();
            return Thread.CurrentThread;
        });
        started.Wait();
        time.Advance(Limit);

        Assert.That(
            () => hanging.DefaultTimeout(),
            Throws.TypeOf<CallHangsException>().With.Message.EqualTo("nvmlDeviceGetHandleByIndex_v2 did not return within 10 s"));
        var calls = 0;
        Assert.That(() => lookup.RunAsync(3, () => ++calls).DefaultTimeout(), Throws.TypeOf<CallHangsException>());
        var four = await lookup.RunAsync(4, () => Thread.CurrentThread).DefaultTimeout();
        var five = await lookup.RunAsync(5, () => Thread.CurrentThread).DefaultTimeout();
        Assert.That(calls, Is.Zero);
        Assert.That(four, Is.SameAs(five), "one thread for all that do not hang");
        Assert.That(stuck.Count, Is.EqualTo(1));

        release.Set();
        while (stuck.Count > 0)
        {
            await Task.Yield();
        }

        Assert.That(await lookup.RunAsync(3, () => Thread.CurrentThread).DefaultTimeout(), Is.SameAs(four));
    }
}
