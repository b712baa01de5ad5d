using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.KernelLog;

namespace DevicePlugin.UnitTests.Hardware.KernelLog;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class XidTallyTests
{
    private readonly XidTally _tally = new();

    [Test]
    public void Take_ManyOfAKind_IsOneEventWithItsNumberAndTimes()
    {
        for (var line = 0; line < 1000; line++)
        {
            Add("3b", line == 500 ? 79 : 31, line);
        }

        Assert.That(_tally.Take(_ => "GPU-a").Select(Describe), Is.EqualTo(new[] { "79 x1 500..500", "31 x999 0..999" }));
        Assert.That(_tally.Take(_ => "GPU-a"), Is.Empty);
    }

    [Test]
    public void Take_GpuIsNotKnown_StaysUntilItIs()
    {
        Add("3b", 79, 1);
        Add("af", 79, 2);

        Assert.That(_tally.Take(address => address == "0000:3b:00.0" ? "GPU-a" : null), Has.Count.EqualTo(1));

        Assert.That(_tally.Addresses, Is.EqualTo(new[] { "0000:af:00.0" }));
        Assert.That(_tally.Take(_ => "GPU-b").Single().GpuUuid, Is.EqualTo("GPU-b"));
    }

    [Test]
    public void AddEarlier_SameAndOtherKinds_AreOneCourse()
    {
        var earlier = new XidTally();
        earlier.Add(Parse("3b", 79), At(1), Line(1));
        earlier.Add(Parse("3b", 48), At(2), Line(2));
        Add("3b", 79, 5);

        _tally.AddEarlier(earlier);

        Assert.That(_tally.Take(_ => "GPU-a").Select(Describe), Is.EqualTo(new[] { "48 x1 2..2", "79 x2 1..5" }));
    }

    private static string Describe(GpuEvent told) =>
        $"{told.Data} x{told.Count} {told.At!.Value.ToUnixTimeSeconds()}..{told.LastAt!.Value.ToUnixTimeSeconds()}";

    private static KernelMessage Parse(string bus, long code) =>
        KernelMessage.Parse(Encoding.ASCII.GetBytes($"NVRM: Xid (PCI:0000:{bus}:00): {code}, x"))!;

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static KernelLogPosition Line(long sequence) => new("boot", sequence);

    private void Add(string bus, long code, long line) => _tally.Add(Parse(bus, code), At(line), Line(line));
}
