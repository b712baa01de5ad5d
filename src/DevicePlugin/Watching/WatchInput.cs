namespace DevicePlugin.Watching;

/// <summary>What makes the view draw a new frame.</summary>
internal enum WatchInput
{
    Sample,
    Resize,
    Redraw,
    Quit,
    LineUp,
    LineDown,
    PageUp,
    PageDown,
    Top,
    Bottom,
}
