using System.CommandLine;
using System.Globalization;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.Commands;

/// <summary>The built-in fake nodes, and any scenario file checked and printed.</summary>
internal static class ScenariosCommand
{
    public static Command Create()
    {
        var command = new Command("scenarios", "List the built-in fake nodes, or print one")
        {
            CreateList(),
            CreateShow(),
        };
        command.Run(ListAsync);
        return command;
    }

    private static Command CreateList()
    {
        var command = new Command("list", "Name, GPUs and description of each");
        command.Run(ListAsync);
        return command;
    }

    private static Command CreateShow()
    {
        var name = new Argument<string>("NAME") { Description = "A built-in scenario or a file" };
        var command = new Command("show", "Check a scenario and print its JSON") { name };
        command.Run((parsed, _) => ShowAsync(parsed.GetValue(name)!, parsed.InvocationConfiguration.Output));
        return command;
    }

    private static async Task<int> ListAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var rows = ScenarioLibrary.Names.Select(name => (Name: name, Scenario: ScenarioLibrary.Open(name))).ToList();
        var width = rows.Max(row => row.Name.Length);
        var output = parsed.InvocationConfiguration.Output;
        await output.WriteLineAsync($"{"NAME".PadRight(width)}  GPUS  DESCRIPTION");
        foreach (var (name, scenario) in rows)
        {
            var gpus = scenario.GpuCount.ToString(CultureInfo.InvariantCulture);
            await output.WriteLineAsync($"{name.PadRight(width)}  {gpus,4}  {scenario.Description}");
        }

        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(string nameOrPath, TextWriter output)
    {
        try
        {
            var source = ScenarioLibrary.Find(nameOrPath);
            source.Open();
            await output.WriteAsync(source.ReadText());
            return ExitCode.Done;
        }
        catch (ScenarioException exception)
        {
            throw new BadInputException(exception.Message);
        }
    }
}
