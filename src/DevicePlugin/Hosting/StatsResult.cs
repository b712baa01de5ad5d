using System.Text.Json;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;
using Spectre.Console;

namespace DevicePlugin.Hosting;

internal sealed record StatsResult(int Number, int Of, StatsResponse Statistics, DateTimeOffset Received) : HostStepResult
{
    public override string Summary => $"sample {Number} of {Of}";

    public override void WriteJson(Utf8JsonWriter writer) => StatisticsJson.WriteMembers(writer, Statistics, Received);

    public override void WriteDetails(IAnsiConsole console)
    {
        StatisticsView.Write(console, Statistics);
        console.WriteLine();
    }
}
