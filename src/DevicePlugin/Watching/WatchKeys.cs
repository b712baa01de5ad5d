using System.Threading.Channels;

namespace DevicePlugin.Watching;

/// <summary>Reads the keyboard on a thread of its own: a blocked read cannot be cancelled, only left behind.</summary>
internal static class WatchKeys
{
    public static void Listen(ChannelWriter<WatchInput> inputs) => new Thread(() => Read(inputs))
    {
        IsBackground = true,
        Name = "keys",
    }.Start();

    /// <summary>Null for a key without a meaning.</summary>
    public static WatchInput? InputOf(ConsoleKeyInfo key) => key.Key switch
    {
        ConsoleKey.Q or ConsoleKey.Escape => WatchInput.Quit,
        ConsoleKey.UpArrow or ConsoleKey.K => WatchInput.LineUp,
        ConsoleKey.DownArrow or ConsoleKey.J => WatchInput.LineDown,
        ConsoleKey.PageUp => WatchInput.PageUp,
        ConsoleKey.PageDown or ConsoleKey.Spacebar => WatchInput.PageDown,
        ConsoleKey.Home => WatchInput.Top,
        ConsoleKey.End => WatchInput.Bottom,
        ConsoleKey.L when key.Modifiers == ConsoleModifiers.Control => WatchInput.Redraw,
        _ => null,
    };

    private static void Read(ChannelWriter<WatchInput> inputs)
    {
        try
        {
            while (true)
            {
                if (InputOf(Console.ReadKey(intercept: true)) is { } input)
                {
                    inputs.TryWrite(input);
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            // The terminal is gone. SIGHUP tells so too, where there is one.
            inputs.TryWrite(WatchInput.Quit);
        }
    }
}
