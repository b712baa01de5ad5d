using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>Text whose further lines begin where its first one does; Spectre breaks lines but does not indent them.</summary>
internal static class IndentedText
{
    private const int NarrowestText = 20;

    public static void Write(IAnsiConsole console, int column, string text, Style? style = null)
    {
        var width = Math.Max(console.Profile.Width - column - 1, NarrowestText);
        var lines = text.Split('\n').SelectMany(line => Break(line, width));
        console.Write(new Text(string.Join("\n" + new string(' ', column), lines), style));
        console.WriteLine();
    }

    private static IEnumerable<string> Break(string line, int width)
    {
        while (line.Length > width)
        {
            var space = line.LastIndexOf(' ', width);
            var end = space > 0 ? space : width;
            yield return line[..end];
            line = line[end..].TrimStart();
        }

        yield return line;
    }
}
