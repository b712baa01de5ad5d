using System.CommandLine;
using DevicePlugin.Composition;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Logging;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace DevicePlugin.Commands;

/// <summary>One inventory, as Nomad would get it.</summary>
internal static class FingerprintCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object instead of tables" };
        var node = new NodeOptions();
        var command = new Command("fingerprint", "Show the devices and attributes that Nomad would get") { json };
        node.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            using var logging = PluginLogging.ToPerson();
            await using var gpus = GpuNode.ForCommand(node.Read(parsed, cancellationToken), logging.Factory);
            var inventory = await gpus.ReadInventoryAsync(cancellationToken);
            var logger = logging.Factory.CreateLogger(typeof(FingerprintCommand));
            Print(inventory, parsed.GetValue(json), logger);
            return inventory.Driver.IsLoaded ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(Inventory inventory, bool json, ILogger logger)
    {
        var message = FingerprintMapper.ToMessage(inventory, logger);
        if (json)
        {
            Console.Out.WriteLine(JsonLine.Write(
                writer => FingerprintJson.Write(writer, BuildInfo.Version, inventory.Driver, message)));
            return;
        }

        var console = HumanConsole.Create();
        console.WriteLine(Describe(inventory));
        InventoryView.Write(console, message, withAttributes: true);
    }

    private static string Describe(Inventory inventory) => inventory.Driver.IsLoaded
        ? $"Driver {inventory.Driver.Version ?? "of unknown version"}, CUDA {inventory.Driver.Cuda?.ToString() ?? "unknown"}"
        : $"No driver ({DriverStateWord.Of(inventory.Driver.State)}): {inventory.Driver.Reason}";
}
