using System.CommandLine;
using DevicePlugin.Hardware.Resets;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Operating;
using DevicePlugin.Output;

namespace DevicePlugin.Commands;

/// <summary>The command that resets one GPU of a node that goes on serving.</summary>
internal static class ResetCommand
{
    public static Command Create()
    {
        var gpu = new Argument<string>("gpu") { Description = OperatorCommands.GpuHelp, HelpName = "GPU" };
        var limit = new Option<string>("--timeout")
        {
            Description = "How long the driver may take, for example 90s or 5m", HelpName = "DURATION",
            DefaultValueFactory = _ => "2m",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Make the checks, show the steps, and change nothing" };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of lines" };
        var node = new NodeOptions();
        var agent = new AgentConfigOption();
        var command = new Command(
            ResetTool.Command, "Reset a GPU that no task uses, while the others stay in service: cordon, nvidia-smi --gpu-reset, probe, uncordon")
        {
            gpu, limit, dryRun, json,
        };
        agent.AddTo(command);
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var options = new ResetOptions(parsed.GetRequiredValue(gpu), LimitOf(parsed.GetRequiredValue(limit)), parsed.GetValue(dryRun));
            var config = node.Read(
                parsed, AgentConfigOption.BlockOf(agent.Read(parsed, cancellationToken)), cancellationToken);
            var isJson = parsed.GetValue(json);
            var report = await new ResetDesk(config, TimeProvider.System).DoAsync(
                options, step => Show(step, isJson), cancellationToken);
            if (isJson)
            {
                Console.Out.WriteLine(JsonLine.Write(report.WriteJson));
            }
            else
            {
                Show(report);
            }

            return report.Problem is null ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Show(ResetStep step, bool isJson)
    {
        if (!isJson)
        {
            Console.Out.WriteLine($"{step.Name,-8} {step.Text}");
        }
    }

    private static void Show(ResetReport report)
    {
        if (report.Problem is { } problem)
        {
            Console.Error.WriteLine($"Not done: {problem.TrimEnd('.')}.");
        }
        else if (report.IsDryRun)
        {
            Console.Error.WriteLine("Nothing was changed.");
        }

        Console.Error.WriteLine(report.Place);
    }

    private static TimeSpan LimitOf(string text) =>
        GoDuration.TryParse(text, out var limit) && limit >= TimeSpan.FromSeconds(1) && limit <= GpuReset.MostLimit
            ? limit
            : throw new BadInputException($"--timeout is \"{text}\"; write a duration from 1s to {GpuReset.MostLimit.TotalMinutes}m.");
}
