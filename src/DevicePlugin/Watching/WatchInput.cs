namespace DevicePlugin.Watching;

/// <summary>What makes the view draw a new frame.</summary>
/// <param name="lines">How far it scrolls; beyond an end of the list is its end.</param>
/// <param name="pages">The same in screenfuls.</param>
internal sealed class WatchInput(int lines = 0, int pages = 0)
{
    public static readonly WatchInput Sample = new();
    public static readonly WatchInput Resize = new();
    public static readonly WatchInput Redraw = new();
    public static readonly WatchInput Quit = new();
    public static readonly WatchInput LineUp = new(lines: -1);
    public static readonly WatchInput LineDown = new(lines: 1);
    public static readonly WatchInput PageUp = new(pages: -1);
    public static readonly WatchInput PageDown = new(pages: 1);
    public static readonly WatchInput Top = new(lines: -int.MaxValue);
    public static readonly WatchInput Bottom = new(lines: int.MaxValue);

    public int Scroll(int offset, int page) =>
        (int)Math.Clamp((long)offset + lines + (long)pages * page, 0, int.MaxValue);
}
