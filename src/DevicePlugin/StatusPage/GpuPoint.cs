using System.Text.Json;
using DevicePlugin.Gpu;

namespace DevicePlugin.StatusPage;

/// <summary>What a chart shows of one GPU at one time. Small, for there are many; what is not there is NaN.</summary>
internal readonly record struct GpuPoint(float Utilization, float MemoryMiB, float PowerWatts, float TemperatureC)
{
    public static readonly GpuPoint None = new(float.NaN, float.NaN, float.NaN, float.NaN);

    public static GpuPoint Of(GpuReadings readings) => new(
        (float?)readings.GpuUtilizationPercent ?? float.NaN, (float?)readings.MemoryUsedMiB ?? float.NaN,
        (float?)readings.PowerUsageWatts ?? float.NaN, (float?)readings.TemperatureC ?? float.NaN);

    /// <summary>Four numbers, or null for what is not there.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        Write(writer, Utilization);
        Write(writer, MemoryMiB);
        Write(writer, MathF.Round(PowerWatts, 1));
        Write(writer, TemperatureC);
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, float value)
    {
        if (float.IsNaN(value))
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }
}
