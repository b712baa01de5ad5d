using System.Text.Json;
using DevicePlugin.Composition;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Statistics;
using DevicePlugin.Output;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Comparison;

/// <summary>Asks nvidia-smi and this node's hardware in turns, until what differs has differed each time.</summary>
internal static class SmiComparer
{
    // A clock goes up while it is read, and a process ends: not three times in a row.
    private const int Rounds = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task<SmiComparison> RunAsync(
        PluginConfig config, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var smi = new SmiQuery(config.DriverRoot, TimeProvider.System);
        await using var reader = new Reader(HardwareOf(config), loggers, cancellationToken);
        var before = await reader.ReadAsync();
        SmiComparison? comparison = null;
        for (var round = 0; round < Rounds && comparison is not { Differences.Count: 0 }; round++)
        {
            var output = await smi.RunAsync(cancellationToken);
            if (output.Text is not { } text)
            {
                return SmiComparison.Failed(output.Problem);
            }

            var after = await reader.ReadAsync();
            var current = TryCompare(text, [before, after]);
            current.Complaint = output.Complaint;
            if (current.Problem is not null)
            {
                return current;
            }

            comparison = comparison is null ? current : current.Confirming(comparison);
            before = after;
        }

        return comparison!;
    }

    private static SmiComparison TryCompare(string text, NodeReport[] reports)
    {
        try
        {
            return SmiComparison.Compare(SmiXml.Read(text), reports);
        }
        catch (FormatException exception)
        {
            return SmiComparison.Failed($"what {DriverTools.Smi} -q -x printed cannot be read: {exception.Message}");
        }
    }

    /// <summary>What is read, and not what the node makes of it: no sharing, no exceptions, no GPU left out.</summary>
    private static PluginConfig HardwareOf(PluginConfig config) => new()
    {
        NvmlLibrary = config.NvmlLibrary,
        DriverRoot = config.DriverRoot,
        DevRoot = config.DevRoot,
        ProcRoot = config.ProcRoot,
        SysRoot = config.SysRoot,
        StateDir = config.StateDir,
        RunDir = config.RunDir,
        MaintenanceFile = config.MaintenanceFile,
        FormerMaintenanceFile = config.FormerMaintenanceFile,
        Health = new HealthConfig { CallTimeout = config.Health.CallTimeout, KernelLog = config.Health.KernelLog },
    };

    private sealed class Reader : IAsyncDisposable
    {
        private readonly GpuNode _gpus;
        private readonly ILogger _logger;
        private readonly CancellationToken _cancellationToken;
        private readonly IAsyncEnumerator<Gpu.Statistics.StatisticsSample> _samples;

        public Reader(PluginConfig config, ILoggerFactory loggers, CancellationToken cancellationToken)
        {
            _gpus = GpuNode.ForCommand(config, loggers);
            _logger = loggers.CreateLogger(typeof(SmiComparer));
            _cancellationToken = cancellationToken;
            _samples = _gpus.Sampler.SampleAsync(Interval, cancellationToken).GetAsyncEnumerator(cancellationToken);
        }

        public async Task<NodeReport> ReadAsync()
        {
            var inventory = await _gpus.ReadInventoryAsync(_cancellationToken);
            await _samples.MoveNextAsync();
            var sample = _samples.Current;
            return new NodeReport(
                Parse(json => FingerprintJson.Write(
                    json, BuildInfo.Version, inventory.Driver, FingerprintMapper.ToMessage(inventory, _logger))),
                Parse(json => StatisticsJson.Write(json, StatisticsMapper.ToMessage(sample), sample.Timestamp)),
                [.. (_gpus.Monitor.Report?.Devices ?? []).Where(device => device.Mig is null).Select(PhysicalOf)]);
        }

        private static KnownGpu PhysicalOf(Gpu.GpuDevice device) =>
            new(device.Uuid, device.PciBusId, device.Facts.MigMode == true);

        public async ValueTask DisposeAsync()
        {
            await _samples.DisposeAsync();
            await _gpus.DisposeAsync();
        }

        private static JsonElement Parse(Action<Utf8JsonWriter> write)
        {
            using var document = JsonDocument.Parse(JsonLine.Write(write));
            return document.RootElement.Clone();
        }
    }
}
