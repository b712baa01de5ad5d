using System.CommandLine;
using DevicePlugin.Composition;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Statistics;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Commands;

/// <summary>Statistics samples, as Nomad would get them.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        var interval = new IntervalOption();
        var count = new Option<int?>("--count") { Description = "Stop after so many samples", HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line for each sample" };
        var node = new NodeOptions();
        var command = new Command("stats", "Show the statistics that Nomad would get") { count, json };
        interval.AddTo(command);
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            var period = interval.Read(parsed);
            var left = parsed.GetValue(count) ?? int.MaxValue;
            if (left < 1)
            {
                throw new BadInputException($"--count is {left}; it must be 1 or more.");
            }

            using var logging = PluginLogging.ToPerson();
            await using var gpus = GpuNode.ForCommand(node.Read(parsed, cancellationToken), logging.Factory);
            var inventory = await gpus.ReadInventoryAsync(cancellationToken);
            await foreach (var sample in gpus.Sampler.SampleAsync(period, cancellationToken))
            {
                Print(sample, parsed.GetValue(json));
                if (--left == 0)
                {
                    break;
                }
            }

            return inventory.Driver.IsLoaded ? ExitCode.Done : ExitCode.Failed;
        }, endsByInterrupt: true);
        return command;
    }

    private static void Print(StatisticsSample sample, bool json)
    {
        var message = StatisticsMapper.ToMessage(sample);
        if (json)
        {
            Console.Out.WriteLine(JsonLine.Write(writer => StatisticsJson.Write(writer, message, sample.Timestamp)));
            return;
        }

        var console = HumanConsole.Create();
        console.WriteLine($"{sample.Timestamp.ToLocalTime():HH:mm:ss}");
        StatisticsView.Write(console, message);
    }
}
