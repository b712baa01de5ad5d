using System.CommandLine;
using System.Text;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Requests;
using DevicePlugin.Operating;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

/// <summary>The commands that take GPUs out of service, put them back, and show and clear what is wrong with them.</summary>
internal static class OperatorCommands
{
    public const string GpuHelp = "UUID or the beginning of one, index, PCI address or serial number of a GPU";

    public static Command CreateCordon()
    {
        var reason = new Option<string>("--reason")
        {
            Description = "Why, for those who find it cordoned", HelpName = "TEXT", Required = true,
        };
        var command = Create(
            "cordon", "Take GPUs out of service: their tasks stay, and they get no new ones", OperatorVerb.Cordon,
            GpusOf(GpuHelp), parsed => ReasonOf(parsed.GetRequiredValue(reason)));
        command.Options.Add(reason);
        return command;
    }

    public static Command CreateUncordon() => Create(
        "uncordon", "Put cordoned GPUs back into service", OperatorVerb.Uncordon, GpusOf(GpuHelp));

    public static Command CreateHealth() => new("health", "Show what is wrong with the GPUs, or clear it")
    {
        Create("list", "Show each GPU with what is wrong with it and who cordoned it", OperatorVerb.ListHealth, gpus: null),
        Create(
            "clear", "End causes that the driver does not take back, such as past XIDs; what a probe still sees comes back",
            OperatorVerb.ClearHealth, GpusOf($"{GpuHelp}; or {OperatorRequest.All}")),
    };

    private static Argument<string[]> GpusOf(string help) =>
        new("gpu") { Description = help, HelpName = "GPU", Arity = ArgumentArity.OneOrMore };

    private static Command Create(
        string name, string description, OperatorVerb verb, Argument<string[]>? gpus,
        Func<ParseResult, string>? reasonOf = null)
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines" };
        var node = new NodeOptions();
        var agent = new AgentConfigOption();
        var command = new Command(name, description) { json };
        if (gpus is not null)
        {
            command.Arguments.Add(gpus);
        }

        agent.AddTo(command);
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var config = node.Read(
                parsed, AgentConfigOption.BlockOf(agent.Read(parsed, cancellationToken)), cancellationToken);
            var request = new OperatorRequest(
                verb, [.. gpus is null ? [] : parsed.GetRequiredValue(gpus)], OperatorDesk.Caller, DateTimeOffset.UtcNow)
            {
                Reason = reasonOf?.Invoke(parsed) ?? "",
            };
            var answer = await new OperatorDesk(config, TimeProvider.System).DoAsync(request, cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(Encoding.UTF8.GetString(RequestJson.Write(answer)));
            }
            else
            {
                OperatorView.Write(HumanConsole.Create(), Console.Error, request, answer);
            }

            return answer.Problem is null ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static string ReasonOf(string text)
    {
        var line = OneLine.Clean(text);
        if (line.StartsWith(ResetCordon.Prefix, StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"--reason must not begin with \"{ResetCordon.Prefix}\": by that the command reset knows its own cordon.");
        }

        return line.Length is > 0 and <= OneLine.MostReason
            ? line
            : throw new BadInputException(
                $"--reason has {line.Length} visible characters; it must have 1 to {OneLine.MostReason}.");
    }
}
