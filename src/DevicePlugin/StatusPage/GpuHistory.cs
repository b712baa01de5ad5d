using System.Text.Json;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics;

namespace DevicePlugin.StatusPage;

/// <summary>The charts of a page that is just opened: two minutes of each physical GPU.</summary>
internal sealed class GpuHistory
{
    private const int Points = 120;

    // A chart is no finer than this, however short an interval somebody asked for.
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(900);

    private readonly Lock _gate = new();
    private readonly Queue<(DateTimeOffset Time, Dictionary<string, GpuPoint> Gpus)> _samples = new();
    private DateTimeOffset _last;

    public void Add(StatisticsSample sample, IEnumerable<PhysicalGpu> gpus)
    {
        lock (_gate)
        {
            // A clock that was set back begins a new history.
            if (sample.Timestamp < _last)
            {
                _samples.Clear();
            }
            else if (sample.Timestamp - _last < Spacing)
            {
                return;
            }

            _last = sample.Timestamp;
            var points = new Dictionary<string, GpuPoint>(StringComparer.Ordinal);
            foreach (var gpu in gpus)
            {
                points[gpu.Uuid] = GpuPoint.Of(gpu.ReadingsOf(sample));
            }

            _samples.Enqueue((sample.Timestamp, points));
            if (_samples.Count > Points)
            {
                _samples.Dequeue();
            }
        }
    }

    /// <summary>Writes the times, and for each GPU its points at them.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        lock (_gate)
        {
            writer.WriteStartArray("times");
            foreach (var (time, _) in _samples)
            {
                writer.WriteNumberValue(time.ToUnixTimeMilliseconds());
            }

            writer.WriteEndArray();
            writer.WriteStartObject("points");
            foreach (var uuid in _samples.Count > 0 ? _samples.Last().Gpus.Keys : Enumerable.Empty<string>())
            {
                writer.WriteStartArray(uuid);
                foreach (var (_, gpus) in _samples)
                {
                    gpus.GetValueOrDefault(uuid, GpuPoint.None).Write(writer);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }
    }
}
