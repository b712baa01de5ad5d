namespace DevicePlugin.Watching;

/// <summary>A screenful, as the terminal gets it.</summary>
internal sealed class WatchFrame(string[] lines, int offset, int page)
{
    /// <summary>As many as the terminal has, none wider than it; each ends in the terminal's normal style.</summary>
    public string[] Lines { get; } = lines;

    /// <summary>The first line of the list that is shown.</summary>
    public int Offset { get; } = offset;

    /// <summary>How many lines of the list are shown at a time.</summary>
    public int Page { get; } = page;
}
