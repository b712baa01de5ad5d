using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StuckCallsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<TaskCompletionSource> _calls = [];
    private TestLogs _logs = null!;
    private StuckCalls _stuck = null!;

    [SetUp]
    public void SetUp()
    {
        _logs = new TestLogs();
        _stuck = new StuckCalls(_time, _logs.CreateLogger<StuckCalls>());
    }

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public void AsManyAsAllowed_NothingHappens()
    {
        Add("nvmlDeviceGetMemoryInfo_v2", StuckCalls.Most);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.That(_stuck.MustRestart.IsCompleted, Is.False);
        Assert.That(_logs.Entries, Is.Empty);
    }

    [Test]
    public async Task OneMore_AfterThePause_AsksForANewProcessAndNamesTheFunctions()
    {
        Add("nvmlDeviceGetMemoryInfo_v2", StuckCalls.Most);
        Add("nvmlDeviceGetCount_v2", 1);
        _time.Advance(StuckCalls.Pause - TimeSpan.FromSeconds(1));
        Assert.That(_stuck.MustRestart.IsCompleted, Is.False, "Nomad would start the next one at once");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(
            await _stuck.MustRestart.DefaultTimeout(),
            Is.EqualTo("33 NVML calls did not return and keep a thread each, which is more than 32 "
                + "(1 x nvmlDeviceGetCount_v2, 32 x nvmlDeviceGetMemoryInfo_v2)"));
        Assert.That(_logs.Named("TooManyStuckCalls").Single().Message, Does.Contain("1 x nvmlDeviceGetCount_v2"));
    }

    [Test]
    public void OneMore_ReturnsWithinThePause_IsForgivenAndCountsAnew()
    {
        Add("nvmlDeviceGetMemoryInfo_v2", StuckCalls.Most + 1);
        _calls[0].SetResult();
        _time.Advance(StuckCalls.Pause);
        Assert.That(_stuck.MustRestart.IsCompleted, Is.False);
        Assert.That(_stuck.Count, Is.EqualTo(StuckCalls.Most));

        Add("nvmlInit_v2", 1);
        _time.Advance(StuckCalls.Pause);

        Assert.That(_stuck.MustRestart.IsCompleted, Is.True);
    }

    [Test]
    public async Task SessionThatCannotBeClosed_AsksForANewProcess()
    {
        Add("nvmlDeviceGetMemoryInfo_v2", 1);
        _stuck.AddSession(new TaskCompletionSource().Task);
        _time.Advance(StuckCalls.Pause - TimeSpan.FromSeconds(1));
        Assert.That(_stuck.MustRestart.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(await _stuck.MustRestart.DefaultTimeout(), Is.EqualTo(
            "the driver could not be closed for 30 s because a call did not return (nvmlDeviceGetMemoryInfo_v2)"));
    }

    [Test]
    public void SessionThatIsClosedLate_IsTold()
    {
        var session = new TaskCompletionSource();
        var told = 0;
        _stuck.SessionClosed += () => told++;
        _stuck.AddSession(session.Task);
        session.SetResult();
        _time.Advance(StuckCalls.Pause);

        Assert.That(told, Is.EqualTo(1));
        Assert.That(_stuck.MustRestart.IsCompleted, Is.False);
    }

    [Test]
    public void SessionThatCannotBeClosed_WhileAnotherServes_IsLeftAlone()
    {
        _stuck.AddSession(new TaskCompletionSource().Task);
        _stuck.IsServed = true;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(_stuck.MustRestart.IsCompleted, Is.False);

        _stuck.IsServed = false;
        _time.Advance(StuckCalls.Pause * 2);

        Assert.That(_stuck.MustRestart.IsCompleted, Is.True);
    }

    private void Add(string function, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var call = new TaskCompletionSource();
            _calls.Add(call);
            _stuck.Add(function, call.Task);
        }
    }
}
