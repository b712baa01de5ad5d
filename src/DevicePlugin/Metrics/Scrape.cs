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
        var writer = new MetricWriter();
        Exposition.Write(writer, sample, uses(), Environment.MachineName);
        Exposition.WritePlugin(writer, node.Activity, pages());
        if (nomadAnswers() is { } answers)
        {
            writer.Add(NodeMetricTable.NomadAnswers, answers ? 1 : 0);
        }

        var stream = new MemoryStream();
        await writer.WriteAsync(stream);
        await _calls.WriteAsync(stream);
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }
}
