using DevicePlugin.Watching;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class SparklineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Draw_Values_AreBlocksWithTheNewestOnTheRight() =>
        Assert.That(
            Draw(60, 1, (57, 0), (58, 50), (59, 99), (60, 100)),
            Is.EqualTo("▁▅██".PadLeft(60)));

    [Test]
    public void Draw_SeveralSamplesInAColumn_ShowsTheHighest() =>
        Assert.That(Draw(10, 1, (53, 0), (55, 99), (56, 0), (57, null)), Is.EqualTo("▁█".PadLeft(9) + " "));

    [Test]
    public void Draw_NotAvailable_IsBlankAndNotZero() =>
        Assert.That(Draw(60, 1, (58, 0), (59, null), (60, 0)), Is.EqualTo("▁ ▁".PadLeft(60)));

    [Test]
    public void Draw_IntervalLongerThanAColumn_GoesOnWithTheValue() =>
        Assert.That(Draw(60, 5, (50, 99), (55, 0), (60, 99)), Is.EqualTo("█████▁▁▁▁▁█".PadLeft(60)));

    [Test]
    public void Draw_SamplesMissing_IsBlankAfterAWhile() =>
        Assert.That(Draw(60, 1, (50, 99)), Is.EqualTo(("██" + new string(' ', 9)).PadLeft(60)));

    [Test]
    public void Draw_TimeGoesOn_MovesWhatIsDrawnAndNeverChangesIt()
    {
        var points = Enumerable.Range(0, 60).Select(second => (second, (double?)(second * 37 % 100))).ToArray();

        var before = Sparkline.Draw(Points(points), CanvasAt(59, 12, 1));
        var after = Sparkline.Draw(Points(points), CanvasAt(64, 12, 1));

        Assert.That(after[..11], Is.EqualTo(before[1..]));
    }

    private static string Draw(int columns, int interval, params (int Second, double? Percent)[] points) =>
        Sparkline.Draw(Points(points), CanvasAt(60, columns, interval));

    private static WatchCanvas CanvasAt(int second, int columns, int interval) =>
        new(columns, Noon.AddSeconds(second), TimeSpan.FromSeconds(interval), WatchGlyphs.Unicode);

    private static UtilizationPoint[] Points((int Second, double? Percent)[] points) =>
        [.. points.Select(point => new UtilizationPoint(Noon.AddSeconds(point.Second), point.Percent))];
}
