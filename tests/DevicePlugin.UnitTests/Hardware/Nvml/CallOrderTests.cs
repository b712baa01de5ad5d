using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CallOrderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CallOrder _order = new();

    [Test]
    public async Task TheOldestCall_IsToBlame_AndTheOthersWaitForIt()
    {
        var first = await EnterAsync("nvmlOne");
        var second = await EnterAsync("nvmlTwo");

        Assert.That(_order.FindCause(first), Is.Null);
        Assert.That(_order.FindCause(second)?.Function, Is.EqualTo("nvmlOne"));
    }

    [Test]
    public async Task ACallThatReturned_IsNotTheCause()
    {
        var first = await EnterAsync("nvmlOne", comesBack: true);
        var second = await EnterAsync("nvmlTwo");

        Assert.That(_order.FindCause(second), Is.Null);
        Assert.That(_order.FindCause(first), Is.Null);
    }

    [Test]
    public async Task ADriverThatAnsweredSince_HoldsNothing()
    {
        await EnterAsync("nvmlOne");
        var second = await EnterAsync("nvmlTwo");
        _order.Answered(second.Number - 1);
        Assert.That(_order.FindCause(second), Is.Not.Null, "that began before it");

        _order.Answered(second.Number);

        Assert.That(_order.FindCause(second), Is.Null);
    }

    /// <summary>On a thread of its own, as the workers do.</summary>
    private async Task<RunningCall> EnterAsync(string function, bool comesBack = false)
    {
        var call = new RunningCall(_time);
        _order.Add(call);
        await Task.Run(() =>
        {
            call.Begin();
            RunningCall.Enter(function);
            if (comesBack)
            {
                RunningCall.Leave();
            }
        }).DefaultTimeout();
        return call;
    }
}
