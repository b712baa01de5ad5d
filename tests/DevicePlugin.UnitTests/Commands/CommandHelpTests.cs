using System.CommandLine;
using DevicePlugin.Commands;

namespace DevicePlugin.UnitTests.Commands;

/// <summary>Each command says what to type, and what it says works.</summary>
internal sealed class CommandHelpTests
{
    private static IEnumerable<Command> Commands => Below(CommandLine.CreateRoot());

    [TestCaseSource(nameof(Commands))]
    public void Help_EndsWithItsExamples(Command command)
    {
        var help = HelpOf(command);

        Assert.That(CommandExamples.For(command), Is.Not.Empty);
        Assert.That(help.TrimEnd().Split('\n').Select(line => line.Trim()), Is.SupersetOf(CommandExamples.For(command)));
    }

    [TestCase("cordon --help")]
    [TestCase("health clear -h")]
    public void Help_OfACommandThatNeedsMore_ParsesWithoutError(string line) =>
        Assert.That(CommandLine.CreateRoot().Parse(line.Split(' ')).Errors, Is.Empty);

    [TestCaseSource(nameof(Commands))]
    public void Examples_AreUnderstoodAndFitATerminal(Command command)
    {
        foreach (var example in CommandExamples.For(command))
        {
            var words = example.Split(' ');
            var parsed = CommandLine.CreateRoot().Parse(words[1..]);
            Assert.That(words[0], Is.EqualTo("nomad-device-gpu"));
            Assert.That(parsed.Errors, Is.Empty, example);
            Assert.That(parsed.CommandResult.Command, Is.Not.InstanceOf<RootCommand>(), example);
            Assert.That(example, Has.Length.LessThan(78));
        }

        Assert.That(
            CommandExamples.For(command).Any(example => command is RootCommand || example.Contains(command.Name)), Is.True,
            "one of them shows the command itself");
    }

    private static IEnumerable<Command> Below(Command command) =>
        command.Hidden ? [] : [command, .. command.Subcommands.SelectMany(Below)];

    private static string HelpOf(Command command)
    {
        using var output = new StringWriter();
        var words = new Stack<string>(["--help"]);
        for (var current = command; current is not (RootCommand or null);
            current = current.Parents.OfType<Command>().FirstOrDefault())
        {
            words.Push(current.Name);
        }

        CommandLine.CreateRoot().Parse([.. words]).Invoke(new InvocationConfiguration { Output = output });
        return output.ToString();
    }
}
