using DevicePlugin.GoPlugin.Connections;
using DevicePlugin.Tests;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.GoPlugin;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ConnectionLimitTests
{
    private const string First = "A connection to the door was refused because 2 are open. Further refusals are counted and reported once a minute.";

    private readonly TestLogs _logs = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IEnumerable<string> Messages => _logs.Entries.Select(entry => entry.Message);

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public async Task Refusals_AreOneLineAndOneSummaryAMinute()
    {
        using var limit = new ConnectionLimit(2, "the door", _time, _logs.CreateLogger("limit"));
        var open = Enumerable.Range(0, 2).Select(_ => Enter(limit)).ToList();
        for (var i = 0; i < 1000; i++)
        {
            await Enter(limit).DefaultTimeout();
        }

        Assert.That(Messages, Is.EqualTo(new[] { First }));
        _time.Advance(ConnectionLimit.SummaryPeriod);
        Assert.That(Messages, Is.EqualTo(new[] { First, "999 more connections to the door were refused." }));

        // A minute of peace, then it is news again.
        _time.Advance(ConnectionLimit.SummaryPeriod);
        await Enter(limit).DefaultTimeout();
        Assert.That(Messages.Skip(2), Is.EqualTo(new[] { First }));

        _end.SetResult();
        await Task.WhenAll(open).DefaultTimeout();
        Assert.That(Enter(limit).IsCompleted, Is.True, "there is room");
        Assert.That(Messages.Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task Dispose_TellsWhatWasCounted()
    {
        var limit = new ConnectionLimit(0, "the door", _time, _logs.CreateLogger("limit"));
        await Enter(limit);
        await Enter(limit);

        limit.Dispose();
        _time.Advance(ConnectionLimit.SummaryPeriod * 3);

        Assert.That(Messages.Last(), Is.EqualTo("1 more connections to the door were refused."));
        Assert.That(Messages.Count(), Is.EqualTo(2));
    }

    private Task Enter(ConnectionLimit limit) => limit.GuardAsync(new DefaultConnectionContext(), _ => _end.Task);
}
