using System.CommandLine;
using DevicePlugin.Composition;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Probing;

namespace DevicePlugin.Commands;

/// <summary>
/// The hidden command <c>probe nvml</c>, for tests/gpu/run.sh: what can only be measured on a real driver, a line each that begins
/// with <c>ok</c> or <c>FAIL</c>. It changes nothing.
/// </summary>
internal static class ProbeCommand
{
    public static Command Create()
    {
        var hold = new Option<int?>("--hold")
        {
            Description = "Only open the driver, keep it open for so many seconds, and close it", HelpName = "SECONDS",
        };
        var node = new NodeOptions();
        var nvml = new Command("nvml", "Measure the calls, the events and the close of this node's NVML; changes nothing") { hold };
        node.AddTo(nvml);
        nvml.Run(async (parsed, cancellationToken) =>
        {
            var config = node.Read(parsed, cancellationToken);
            if (config.Backend == BackendKind.Fake)
            {
                throw new BadInputException("Simulated GPUs have no NVML: leave --scenario and --backend out.");
            }

            return parsed.GetValue(hold) is { } seconds
                ? await HoldAsync(config, seconds, cancellationToken)
                : await ProbeAsync(config, cancellationToken);
        });
        var command = new Command("probe", "Measure the driver of this node") { nvml };
        command.Hidden = true;
        return command;
    }

    private static async Task<int> HoldAsync(PluginConfig config, int seconds, CancellationToken cancellationToken)
    {
        if (seconds < 0)
        {
            throw new BadInputException($"--hold is {seconds}; it must not be negative.");
        }

        using var probe = ProbeOf(config);
        var isDone = await probe.RunAsync(
            async () =>
            {
                Tell(new ProbeResult(true, "held", ""));
                await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
            },
            cancellationToken);
        return isDone ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> ProbeAsync(PluginConfig config, CancellationToken cancellationToken)
    {
        using var probe = ProbeOf(config);
        return await probe.RunAsync(hold: null, cancellationToken)
            && await new CallMeasurement(config, Tell).RunAsync(cancellationToken)
                ? ExitCode.Done
                : ExitCode.Failed;
    }

    private static NvmlProbe ProbeOf(PluginConfig config) =>
        new(BackendChoice.NvmlOptionsOf(config), Tell, TimeProvider.System);

    private static void Tell(ProbeResult result)
    {
        Console.Out.WriteLine($"{(result.IsDone ? "ok  " : "FAIL")} {result.Name} {OneLine.Clean(result.Text)}".TrimEnd());
        Console.Out.Flush();
    }
}
