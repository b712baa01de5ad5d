using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>Who is blamed for calls that hang together. A GPU that may be well must not be named.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CallOrderTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Clear = TimeSpan.FromMilliseconds(600);

    private readonly FakeTimeProvider _time = new();
    private readonly CallOrder _order;
    private readonly List<Action> _returns = [];

    public CallOrderTests() => _order = new CallOrder(_time);

    [TearDown]
    public void ReturnAll() => _returns.ForEach(comeBack => comeBack());

    [Test]
    public async Task CallThatBeganClearlyFirst_IsToBlame_AndTheOthersWaitForIt()
    {
        var (first, _) = await EnterAsync("nvmlOne", 0);
        _time.Advance(Clear);
        var (second, _) = await EnterAsync("nvmlTwo", 1);
        _time.Advance(Limit);

        Assert.That(_order.Judge(first, Limit), Is.EqualTo(HangVerdict.Alone));
        Assert.That(_order.Judge(second, Limit).Cause, Is.EqualTo(HangCause.OtherGpu));
        Assert.That(Tell(second), Is.EqualTo(
            "nvmlTwo did not return within 10 s, and waits for nvmlOne (GPU 0), which was called before it"));
    }

    [Test]
    public async Task CallThatWaitsForMoreThanAMinute_BlamesTheDriver()
    {
        var (first, _) = await EnterAsync("nvmlOne", 0);
        _time.Advance(Clear);
        var (second, _) = await EnterAsync("nvmlTwo", 1);
        _time.Advance(Limit + CallOrder.LongestWait - TimeSpan.FromSeconds(1));
        Assert.That(_order.Judge(second, Limit).Cause, Is.EqualTo(HangCause.OtherGpu));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(_order.Judge(second, Limit).Cause, Is.EqualTo(HangCause.Driver));
        Assert.That(Tell(second), Does.EndWith("waits for nvmlOne (GPU 0), which was called before it"));
        Assert.That(_order.Judge(first, Limit).Cause, Is.EqualTo(HangCause.Itself));
    }

    [Test]
    public async Task CallsThatBeganNearlyTogether_BlameTheDriver_WithOneTextForAll([Values] bool reversed)
    {
        // The time stamps do not say which of them got to the lock first.
        var (first, _) = await EnterAsync(reversed ? "nvmlTwo" : "nvmlOne", reversed ? 1 : 0);
        _time.Advance(Moment);
        var (second, _) = await EnterAsync(reversed ? "nvmlOne" : "nvmlTwo", reversed ? 0 : 1);
        _time.Advance(Clear);
        var (third, _) = await EnterAsync("nvmlThree", 2);
        _time.Advance(Limit);

        Assert.That(Causes(first, second), Is.All.EqualTo(HangCause.Driver));
        Assert.That(new[] { Tell(first), Tell(second) }, Is.All.EqualTo(
            "nvmlOne (GPU 0), nvmlTwo (GPU 1) did not return within 10 s, and any of them may block the driver"));
        Assert.That(_order.Judge(third, Limit).Cause, Is.EqualTo(HangCause.OtherGpu));
        Assert.That(Tell(third), Is.EqualTo(
            "nvmlThree did not return within 10 s, and waits for one of nvmlOne (GPU 0), nvmlTwo (GPU 1), which were called before it"));
    }

    [Test]
    public async Task CallsOfOneFunction_AreNamedOnce()
    {
        var (call, _) = await EnterAsync("nvmlOne", 10);
        foreach (var gpu in new[] { 2, 0 })
        {
            await EnterAsync("nvmlOne", gpu);
        }

        await EnterAsync("nvmlTwo", 1);
        _time.Advance(Limit);

        Assert.That(Tell(call), Does.StartWith("nvmlOne (GPU 0, 2, 10), nvmlTwo (GPU 1) did not return"));
    }

    [Test]
    public async Task CallsOfOneGpu_BlameIt()
    {
        var (reading, _) = await EnterAsync("nvmlOne", 0);
        var (search, _) = await EnterAsync("nvmlTwo", 0);
        _time.Advance(Limit);

        Assert.That(Causes(reading, search), Is.All.EqualTo(HangCause.Itself));
    }

    [Test]
    public async Task CallThatIsNotAboutAGpu_BlamesTheDriver()
    {
        var (count, _) = await EnterAsync("nvmlDeviceGetCount_v2", gpu: null);
        _time.Advance(Clear);
        var (reading, _) = await EnterAsync("nvmlOne", 0);
        _time.Advance(Limit);

        Assert.That(_order.Judge(reading, Limit).Cause, Is.EqualTo(HangCause.Driver));
        Assert.That(Tell(reading), Is.EqualTo(
            "nvmlOne did not return within 10 s, and waits for nvmlDeviceGetCount_v2, which was called before it"));
        Assert.That(Tell(count), Is.EqualTo("nvmlDeviceGetCount_v2 did not return within 10 s"));
    }

    [Test]
    public async Task DriverThatAnsweredCallsThatBeganClearlyLater_HoldsNothing()
    {
        var (first, _) = await EnterAsync("nvmlOne", 0);
        var (second, _) = await EnterAsync("nvmlTwo", 1);
        _time.Advance(Moment);
        _order.Answered(_time.GetTimestamp());
        _time.Advance(Limit);
        Assert.That(Causes(first, second), Is.All.EqualTo(HangCause.Driver), "one of them may have got to the lock after that");

        _order.Answered(_time.GetTimestamp());

        Assert.That(Causes(first, second), Is.All.EqualTo(HangCause.Itself));
    }

    [Test]
    public async Task CallThatHangsByItself_IsNoneThatOthersWaitFor()
    {
        await EnterAsync("nvmlOne", 0);
        _time.Advance(Limit);
        _order.Answered(_time.GetTimestamp());
        _time.Advance(Clear);
        var (holder, _) = await EnterAsync("nvmlTwo", 1);
        _time.Advance(Clear);
        var (waiting, _) = await EnterAsync("nvmlThree", 2);
        _time.Advance(Limit);

        Assert.That(_order.Judge(holder, Limit).Cause, Is.EqualTo(HangCause.Itself));
        Assert.That(Tell(waiting), Does.EndWith("waits for nvmlTwo (GPU 1), which was called before it"));
    }

    [Test]
    public async Task CallThatReturns_TheTimeOfThoseThatWaitedForIt_BeginsThere()
    {
        var (holder, comeBack) = await EnterAsync("nvmlOne", 0);
        _time.Advance(Clear);
        var (second, _) = await EnterAsync("nvmlTwo", 1);
        _time.Advance(Clear);
        var (third, _) = await EnterAsync("nvmlThree", 2);
        _time.Advance(Limit);
        comeBack();
        Assert.That(Causes(holder, second, third), Is.All.EqualTo(HangCause.Unknown), "the driver works through what waits");

        _time.Advance(Limit);

        Assert.That(Causes(second, third), Is.All.EqualTo(HangCause.Driver), "either may have got the lock");
    }

    [Test]
    public async Task WaitForEvents_MayHaveHeldTheLockSinceItBegan_SoNoGpuIsBlamed()
    {
        await EnterAsync("nvmlEventSetWait_v2", 0, TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(3));
        var (reading, _) = await EnterAsync("nvmlOne", 1);
        _time.Advance(Limit);

        Assert.That(_order.Judge(reading, Limit).Cause, Is.EqualTo(HangCause.Driver));
        Assert.That(Tell(reading), Is.EqualTo(
            "nvmlEventSetWait_v2 (GPU 0), nvmlOne (GPU 1) did not return within 10 s, and any of them may block the driver"));
    }

    [Test]
    public async Task WaitForEvents_WhoseTimeIsNotOver_IsNoSuspect()
    {
        await EnterAsync("nvmlEventSetWait_v2", 0, TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(3));
        var (reading, _) = await EnterAsync("nvmlOne", 1);
        _time.Advance(Limit);

        Assert.That(_order.Judge(reading, Limit).Cause, Is.EqualTo(HangCause.Itself));
    }

    [Test]
    public async Task WaitForEvents_DriverAnswersMeanwhile_HeldNothingUntilItsTimeIsOver()
    {
        await EnterAsync("nvmlEventSetWait_v2", 0, TimeSpan.FromSeconds(5));
        _time.Advance(Clear);
        _order.Answered(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(2));
        var (reading, comeBack) = await EnterAsync("nvmlOne", 1);
        _time.Advance(Limit);
        Assert.That(_order.Judge(reading, Limit).Cause, Is.EqualTo(HangCause.Itself));
        comeBack();

        (reading, _) = await EnterAsync("nvmlOne", 1);
        _time.Advance(Limit + Limit);

        Assert.That(_order.Judge(reading, Limit).Cause, Is.EqualTo(HangCause.Driver), "which of the two got the lock is not known");
    }

    [Test]
    public async Task WaitForEvents_ThatAHangHeldUp_IsLateByItsOwnTimeOnly()
    {
        var (_, comeBack) = await EnterAsync("nvmlOne", 1);
        _time.Advance(Clear);
        var (wait, _) = await EnterAsync("nvmlEventSetWait_v2", 0, TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5) + Limit + Clear);
        Assert.That(_order.IsLate(wait, Limit), Is.True, "no XIDs arrive meanwhile");

        comeBack();
        _order.Answered(_time.GetTimestamp());
        Assert.That(_order.IsLate(wait, Limit), Is.False);
        _time.Advance(TimeSpan.FromSeconds(5) + Limit);
        Assert.That(_order.IsLate(wait, Limit), Is.False);
        _time.Advance(Clear);

        Assert.That(_order.IsLate(wait, Limit), Is.True);
    }

    [Test]
    public async Task CallsThatAHangHeldUp_AreNeitherLateNorBlamed_WhileTheDriverWorksThroughThem()
    {
        var (_, holderReturns) = await EnterAsync("nvmlOne", 0);
        _time.Advance(Moment);
        var (wait, _) = await EnterAsync("nvmlEventSetWait_v2", 1, TimeSpan.FromSeconds(5));
        var (innocent, _) = await EnterAsync("nvmlTwo", 2);
        _time.Advance(Clear);
        var (_, otherReturns) = await EnterAsync("nvmlThree", 3);
        var readingBegun = _time.GetTimestamp();
        _time.Advance(Limit + Limit);

        // A reading that began during the hang ends before some of the calls that waited longer.
        holderReturns();
        _time.Advance(TimeSpan.FromMilliseconds(10));
        _order.Answered(readingBegun);
        Assert.That(_order.Judge(innocent, Limit).Cause, Is.EqualTo(HangCause.Unknown));
        otherReturns();
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(_order.IsLate(wait, Limit), Is.False);
        Assert.That(_order.Judge(innocent, Limit).Cause, Is.EqualTo(HangCause.Unknown));
    }

    [Test]
    public async Task WaitForEvents_ThatHangsByItself_IsLateWhateverElseReturns()
    {
        var (wait, _) = await EnterAsync("nvmlEventSetWait_v2", 0, TimeSpan.FromSeconds(5));
        for (var seconds = 0; seconds < 16; seconds++)
        {
            // Slow calls of another GPU, which the driver answers.
            Assert.That(_order.IsLate(wait, Limit), Is.False);
            var begun = _time.GetTimestamp();
            var (_, comeBack) = await EnterAsync("nvmlOne", 1);
            _time.Advance(TimeSpan.FromSeconds(1));
            comeBack();
            _order.Answered(begun);
        }

        _time.Advance(Moment);

        Assert.That(_order.IsLate(wait, Limit), Is.True);
    }

    private IEnumerable<HangCause> Causes(params RunningCall[] calls) => calls.Select(call => _order.Judge(call, Limit).Cause);

    private string Tell(RunningCall call) => _order.Judge(call, Limit).Tell(call.Function!, Limit);

    /// <summary>On a thread of its own, as the workers do.</summary>
    private async Task<(RunningCall Call, Action ComeBack)> EnterAsync(string function, int? gpu, TimeSpan ownWait = default)
    {
        var call = new RunningCall(_time) { Gpu = gpu, OwnWait = ownWait };
        _order.Add(call);
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var thread = new Thread(() =>
        {
            call.Begin();
            RunningCall.Enter(function);
            entered.SetResult();
            release.Task.Wait();
            RunningCall.Leave();
        });
        thread.Start();
        await entered.Task.DefaultTimeout();
        _returns.Add(ComeBack);
        return (call, ComeBack);

        void ComeBack()
        {
            release.TrySetResult();
            thread.Join();
        }
    }
}
