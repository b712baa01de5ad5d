namespace DevicePlugin.Watching;

/// <summary>What a graphic is drawn with.</summary>
internal sealed record WatchCanvas(int Width, DateTimeOffset Now, TimeSpan Interval, WatchGlyphs Glyphs);
