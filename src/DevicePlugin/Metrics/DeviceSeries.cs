using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using Prometheus;

namespace DevicePlugin.Metrics;

/// <summary>
/// The series of an inventory's devices. They are kept from sample to sample, since making one costs far more than setting
/// it; another inventory begins with none, so that no series outlives its device.
/// </summary>
internal sealed class DeviceSeries
{
    private static readonly HealthState[] States = Enum.GetValues<HealthState>();

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly ImmutableArray<SeriesColumn> _columns;
    private readonly SeriesColumn _xids;
    private readonly List<(InventoryDevice Device, int Replicas, string[] Labels)> _devices = [];
    private readonly List<(PhysicalGpu Gpu, string[] Labels)> _parents = [];

    public DeviceSeries(Inventory inventory, string hostname)
    {
        Inventory = inventory;
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        _columns = [.. DeviceMetricTable.All.Select(metric => new SeriesColumn(factory, metric.Definition))];
        _xids = new SeriesColumn(factory, NodeMetricTable.Xids);
        foreach (var gpu in PhysicalGpu.Of(inventory))
        {
            foreach (var part in gpu.Parts)
            {
                _devices.Add((part, gpu.ReplicasOf(part), DeviceLabels.Of(part.Gpu, hostname)));
            }

            if (gpu.IsDivided)
            {
                var board = gpu.First with { Uuid = gpu.Uuid, Name = DeviceLabels.ModelOf(gpu.First), Mig = null };
                _parents.Add((gpu, DeviceLabels.Of(board, hostname)));
            }
        }

        SetHealth(factory);
    }

    public Inventory Inventory { get; }

    public void Update(StatisticsSample sample)
    {
        for (var row = 0; row < _devices.Count; row++)
        {
            var (device, replicas, labels) = _devices[row];
            var xids = sample.XidsOf(device);
            var reading = new DeviceReading(
                device.Gpu, sample.ReadingsOf(device), device.Health, xids, sample.OccurrencesOf(device), replicas);
            for (var i = 0; i < _columns.Length; i++)
            {
                _columns[i].Set(device.Gpu.Uuid, labels, DeviceMetricTable.All[i].Read(reading));
            }

            foreach (var count in xids.ByCode)
            {
                var code = count.Code.ToString(CultureInfo.InvariantCulture);
                _xids.Set($"{device.Gpu.Uuid} {code}", [.. labels, code], count.Count);
            }
        }

        foreach (var (gpu, labels) in _parents)
        {
            // A divided GPU is not offered, but its temperature and its power are those of its instances.
            var readings = gpu.ReadingsOf(sample);
            ColumnOf(DeviceMetricTable.Temperature).Set(gpu.Uuid, labels, readings.TemperatureC);
            ColumnOf(DeviceMetricTable.Power).Set(gpu.Uuid, labels, readings.PowerUsageWatts);
        }
    }

    public Task WriteAsync(Stream stream) => _registry.CollectAndExportAsTextAsync(stream);

    private SeriesColumn ColumnOf(DeviceMetric metric) => _columns[DeviceMetricTable.All.IndexOf(metric)];

    // Health is the inventory's, and so is its text.
    private void SetHealth(MetricFactory factory)
    {
        var states = new SeriesColumn(factory, NodeMetricTable.HealthState);
        var causes = new SeriesColumn(factory, NodeMetricTable.HealthCause);
        var words = new SeriesColumn(factory, NodeMetricTable.HealthWord);
        foreach (var (device, _, labels) in _devices)
        {
            foreach (var state in States)
            {
                var word = HealthStateWord.Of(state);
                states.Set($"{device.Gpu.Uuid} {word}", [.. labels, word], device.Health.State == state ? 1 : 0);
            }

            if (device.Health.Cause.Length > 0)
            {
                causes.Set(device.Gpu.Uuid, [.. labels, device.Health.Cause], 1);
            }

            foreach (var label in device.Health.Labels)
            {
                var xid = label.Xid?.ToString(CultureInfo.InvariantCulture) ?? "";
                var withheld = label.IsWithheld ? "true" : "false";
                words.Set($"{device.Gpu.Uuid} {label}", [.. labels, label.Word, xid, withheld], 1);
            }
        }
    }
}
