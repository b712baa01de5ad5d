using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DevicePlugin.Commands;

/// <summary>The library's help, and under it what to type.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <summary>Whoever asks for help does not know yet what a command needs.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in CommandExamples.For(parseResult.CommandResult.Command))
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        return exitCode;
    }
}
