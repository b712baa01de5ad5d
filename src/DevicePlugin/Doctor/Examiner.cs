using System.Text;
using System.Text.Json.Nodes;
using DevicePlugin.Composition;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Doctor;

/// <summary>Asks the node what takes time: the hardware, and this program as a plugin, both at once.</summary>
internal static class Examiner
{
    public static async Task<Examination> ExamineAsync(
        Examination known, JsonObject block, string source, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var (config, reading) = Read(block, source);
        var trip = RoundTripRunner.RunAsync(
            block, loggers.CreateLogger(typeof(RoundTripRunner)), TimeProvider.System, cancellationToken);
        var examined = await AskHardwareAsync(
            known with { Config = config, Reading = reading }, loggers, cancellationToken);
        return examined with { RoundTrip = await trip };
    }

    private static (PluginConfig Config, ConfigReading Reading) Read(JsonObject block, string source)
    {
        try
        {
            var parsed = PluginConfigReader.FromJson(Encoding.UTF8.GetBytes(block.ToJsonString()));
            return (parsed.Config, new ConfigReading(source, [], [.. parsed.Warnings]));
        }
        catch (PluginConfigException exception)
        {
            return (PluginConfig.Default, new ConfigReading(
                source, [.. exception.Errors.Select(error => error.ToString())], []));
        }
    }

    private static async Task<Examination> AskHardwareAsync(
        Examination known, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await using var gpus = GpuNode.ForCommand(known.Config, loggers);
        var inventory = await gpus.ReadInventoryAsync(cancellationToken);
        var library = gpus.Nvml is { } nvml
            ? new LibraryUse(
                nvml.LibraryAttempts, nvml.MissingFunctions, await nvml.ReadLibraryVersionAsync(cancellationToken))
            : LibraryUse.None;
        return known with { Inventory = inventory, Library = library };
    }
}
