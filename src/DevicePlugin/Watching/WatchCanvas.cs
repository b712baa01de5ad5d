namespace DevicePlugin.Watching;

/// <summary>What a graphic is drawn with.</summary>
internal sealed class WatchCanvas(int width, DateTimeOffset now, TimeSpan interval, WatchGlyphs glyphs)
{
    public int Width { get; } = width;

    public DateTimeOffset Now { get; } = now;

    public TimeSpan Interval { get; } = interval;

    public WatchGlyphs Glyphs { get; } = glyphs;
}
