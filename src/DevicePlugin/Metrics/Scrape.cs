using DevicePlugin.Composition;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics.Allocations;

namespace DevicePlugin.Metrics;

/// <summary>
/// The text that Prometheus gets: written once for each sample, however many ask. A sample is what Nomad's streams read
/// anyway, or a new one when there is none or it is older than their interval.
/// </summary>
internal sealed class Scrape(GpuNode node, Func<IReadOnlyList<DeviceUse>> uses, Func<bool?> nomadAnswers, Func<int> pages)
    : IAsyncDisposable
{
    private readonly NvmlCallMetrics _calls = new(node.NvmlCalls);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private DeviceSeries? _devices;
    private StatisticsSample? _sample;
    private Task<ReadOnlyMemory<byte>>? _text;

    public async Task<ReadOnlyMemory<byte>> ReadAsync()
    {
        var sample = await node.Sampler.ReadSharedAsync();
        Task<ReadOnlyMemory<byte>> text;
        lock (_gate)
        {
            if (_text is null or { IsFaulted: true } || sample != _sample)
            {
                (_sample, _text) = (sample, Task.Run(() => WriteAsync(sample)));
            }

            text = _text;
        }

        return await text;
    }

    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<ReadOnlyMemory<byte>> WriteAsync(StatisticsSample sample)
    {
        var stream = new MemoryStream();
        await _writing.WaitAsync();
        try
        {
            if (_devices is null || !ReferenceEquals(_devices.Inventory, sample.Inventory))
            {
                _devices = new DeviceSeries(sample.Inventory, Environment.MachineName);
            }

            _devices.Update(sample);
            await _devices.WriteAsync(stream);
        }
        finally
        {
            _writing.Release();
        }

        var others = new Exposition();
        others.AddPlugin(node.Activity, pages());
        others.AddExceptions(node.Monitor.HealthExceptions);
        others.AddKernelLog(node.Monitor.KernelLog);
        others.AddSample(sample);
        others.AddUses(sample, uses(), nomadAnswers(), Environment.MachineName);
        await others.WriteAsync(stream);
        await _calls.WriteAsync(stream);
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }
}
