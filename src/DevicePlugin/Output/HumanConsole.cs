using Spectre.Console;

namespace DevicePlugin.Output;

/// <summary>The console for what a person reads: colours on a terminal, plain text of 80 columns anywhere else.</summary>
internal static class HumanConsole
{
    private const int PlainWidth = 80;

    public static IAnsiConsole Create() => Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Create(TextWriter output, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        console.Pipeline.Attach(new PrintableHook());
        if (redirected)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
