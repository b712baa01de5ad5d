namespace DevicePlugin.Watching;

/// <summary>The last minute as a row of characters, the newest on the right.</summary>
internal static class Sparkline
{
    // Of an interval longer than a column's time: the value stands until the next one is due.
    private const double LongestGap = 1.5;

    public static string Draw(UtilizationPoint[] points, WatchCanvas canvas)
    {
        // Columns end at whole multiples of their time: a drawn column never changes, it only moves to the left.
        var ticks = UtilizationHistory.Span.Ticks / canvas.Width;
        var end = (canvas.Now.UtcTicks / ticks + 1) * ticks;
        var text = new char[canvas.Width];
        var next = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var columnEnd = end - (text.Length - 1 - i) * ticks;
            text[i] = canvas.Glyphs.Level(Peak(points, ref next, columnEnd - ticks, columnEnd, canvas.Interval));
        }

        return new string(text);
    }

    /// <summary>The highest value of a column; a short burst must not vanish in an average.</summary>
    private static double? Peak(
        UtilizationPoint[] points, ref int next, long begin, long end, TimeSpan interval)
    {
        double? peak = null;
        var isEmpty = true;
        for (; next < points.Length && points[next].Time.UtcTicks < end; next++)
        {
            if (points[next].Time.UtcTicks >= begin)
            {
                isEmpty = false;
                peak = points[next].Percent is { } percent ? Math.Max(percent, peak ?? 0) : peak;
            }
        }

        return isEmpty && next > 0 && begin - points[next - 1].Time.UtcTicks < interval.Ticks * LongestGap
            ? points[next - 1].Percent
            : peak;
    }
}
