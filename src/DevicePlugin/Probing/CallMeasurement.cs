using System.Globalization;
using DevicePlugin.Composition;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Probing;

/// <summary>
/// Measures the calls that the plugin makes for a first inventory and a few samples, and tells what did not work: calls that
/// failed or never returned, GPUs that did not answer, GPUs that are not healthy.
/// </summary>
internal sealed class CallMeasurement(PluginConfig config, Action<ProbeResult> tell)
{
    private const int Samples = 3;

    // Longer than an enumeration of a driver that does not answer.
    private static readonly TimeSpan RefreshLimit = TimeSpan.FromSeconds(25);

    private bool _isDone = true;

    /// <returns>Whether nothing failed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var times = new CallTimes();
        await using var gpus = GpuNode.ForCommand(config, NullLoggerFactory.Instance);
        gpus.NvmlCalls.Observe(times.Add);
        var inside = gpus.NvmlCalls.Track();
        await gpus.ReadInventoryAsync(cancellationToken);
        var sample = await TakeSamplesAsync(gpus, cancellationToken);
        var overdue = await inside.FindOverdueAsync(config.Health.CallTimeout, cancellationToken);

        // What the plugin makes of all that.
        await RefreshAsync(gpus.Monitor, cancellationToken);
        foreach (var result in times.Describe())
        {
            Tell(result);
        }

        foreach (var call in overdue)
        {
            Fail("hang", string.Create(
                CultureInfo.InvariantCulture,
                $"{call.Function} did not return within {(config.Health.CallTimeout + call.Wait).TotalSeconds:0.#} s ({call.Thread})"));
        }

        TellDriver(gpus.Monitor.Current);
        TellDevices(gpus.Monitor, sample);
        return _isDone;
    }

    private static async Task<StatisticsSample> TakeSamplesAsync(GpuNode gpus, CancellationToken cancellationToken)
    {
        await using var samples = gpus.Sampler.SampleAsync(TimeSpan.FromSeconds(1), cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        for (var taken = 0; taken < Samples; taken++)
        {
            await samples.MoveNextAsync();
        }

        return samples.Current;
    }

    private async Task RefreshAsync(InventoryMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            await monitor.RefreshAsync().WaitAsync(RefreshLimit, cancellationToken);
        }
        catch (TimeoutException)
        {
            Fail("inventory", $"the GPUs could not be read again within {RefreshLimit.TotalSeconds:0} s");
        }
    }

    private void TellDriver(Inventory inventory)
    {
        if (!inventory.Driver.IsLoaded)
        {
            Fail("inventory", inventory.Driver.Reason);
        }
        else if (inventory.Devices.IsEmpty)
        {
            Fail("inventory", "the driver is loaded and there is no device");
        }
    }

    private void TellDevices(InventoryMonitor monitor, StatisticsSample sample)
    {
        foreach (var device in monitor.Current.Physical)
        {
            if (device.Health.State is HealthState.Unhealthy or HealthState.Reported)
            {
                FailDevice(device, device.Health.Description);
            }
            else if (monitor.Report?.Unread.Contains(device.Gpu.PhysicalUuid) == true)
            {
                FailDevice(device, "the last reading of it has not ended");
            }
            else if (sample.Inventory.Find(device.Id) is not { } sampled || sample.ReadingsOf(sampled) == GpuReadings.None)
            {
                FailDevice(device, "the last sample has no values of it");
            }
        }
    }

    private void FailDevice(InventoryDevice device, string text) => Fail(
        "device", $"GPU {device.Gpu.Index.ToString(CultureInfo.InvariantCulture)} ({device.Gpu.PciBusId ?? device.Id}): {text}");

    private void Fail(string name, string text) => Tell(new ProbeResult(false, name, text));

    private void Tell(ProbeResult result)
    {
        _isDone &= result.IsDone;
        tell(result);
    }
}
