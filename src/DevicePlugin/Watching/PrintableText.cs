namespace DevicePlugin.Watching;

/// <summary>
/// Names and reasons come from the driver, a scenario or the host's name: an escape sequence in them must not reach the
/// terminal.
/// </summary>
internal static class PrintableText
{
    private const char StandIn = '?';

    public static string Of(string text) => string.Create(text.Length, text, static (printable, source) =>
    {
        for (var i = 0; i < printable.Length; i++)
        {
            printable[i] = char.IsControl(source[i]) ? StandIn : source[i];
        }
    });
}
