using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics;

namespace DevicePlugin.StatusPage;

/// <summary>What the page's script reads. It comes from the same executable, so that nobody else may rely on it.</summary>
internal static class StatusJson
{
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteState(Utf8JsonWriter writer, StatusState state)
    {
        var driver = state.Inventory.Driver;
        writer.WriteString("node", Environment.MachineName);
        writer.WriteString("version", BuildInfo.Version);
        writer.WriteNumber("started", state.Started.ToUnixTimeMilliseconds());
        writer.WriteBoolean("simulated", state.Inventory.IsSimulated);
        writer.WriteStartObject("driver");
        writer.WriteString("state", DriverStateWord.Of(driver.State));
        writer.WriteString("version", driver.Version);
        writer.WriteString("cuda", driver.Cuda?.ToString());
        writer.WriteString("reason", driver.Reason);
        writer.WriteEndObject();
        writer.WriteStartArray("gpus");
        foreach (var gpu in state.Gpus)
        {
            WriteGpu(writer, gpu, state);
        }

        writer.WriteEndArray();
        WriteUses(writer, state);
        WriteEvents(writer, state.Events);
    }

    /// <summary>In the order of the state that was written last.</summary>
    public static void WriteSample(Utf8JsonWriter writer, StatisticsSample sample, ImmutableArray<PhysicalGpu> gpus)
    {
        writer.WriteNumber("time", sample.Timestamp.ToUnixTimeMilliseconds());
        writer.WriteStartObject("gpus");
        foreach (var gpu in gpus)
        {
            var readings = gpu.ReadingsOf(sample);
            writer.WriteStartObject(gpu.Uuid);
            writer.WritePropertyName("now");
            GpuPoint.Of(readings).Write(writer);
            WriteNumber(writer, "clock", readings.SmClockMHz);
            if (gpu.IsDivided)
            {
                writer.WriteStartArray("parts");
                foreach (var part in gpu.Parts)
                {
                    GpuPoint.Of(sample.ReadingsOf(part)).Write(writer);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteGpu(Utf8JsonWriter writer, PhysicalGpu gpu, StatusState state)
    {
        writer.WriteStartObject();
        writer.WriteString("id", gpu.Uuid);
        writer.WriteNumber("index", gpu.First.Index);
        writer.WriteString("name", DeviceLabels.ModelOf(gpu.First));
        writer.WriteString("pci", gpu.First.PciBusId);
        WriteNumber(writer, "memory", gpu.MemoryMiB);
        WriteNumber(writer, "power", gpu.First.Facts.PowerLimitWatts);
        writer.WriteNumber("offered", gpu.Devices.Length);
        writer.WriteBoolean("divided", gpu.IsDivided);
        writer.WriteStartArray("parts");
        foreach (var part in gpu.Parts)
        {
            writer.WriteStartObject();
            writer.WriteString("id", part.Gpu.Uuid);
            writer.WriteString("profile", part.Gpu.Mig?.Profile);
            WriteNumber(writer, "memory", part.Gpu.Facts.MemoryMiB);
            writer.WriteNumber("replicas", gpu.ReplicasOf(part));
            WriteHealth(writer, part.Health);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("reserved");
        foreach (var device in gpu.Devices)
        {
            if (state.Reserved.TryGetValue(device.Id, out var time))
            {
                writer.WriteStartObject();
                writer.WriteString("id", device.Id);
                writer.WriteNumber("time", time.ToUnixTimeMilliseconds());
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter writer, DeviceHealth health)
    {
        writer.WriteString("health", HealthStateWord.Of(health.State));
        writer.WriteString("cause", health.State == HealthState.Reported ? $"not withheld: {health.Cause}" : health.Cause);
        writer.WriteString("advice", health.Advice);
        writer.WriteString("others", health.Others);
        WriteNumber(writer, "since", health.Since?.ToUnixTimeMilliseconds());
    }

    private static void WriteUses(Utf8JsonWriter writer, StatusState state)
    {
        writer.WriteStartObject("uses");
        foreach (var uses in state.Uses.GroupBy(use => use.DeviceId, StringComparer.Ordinal))
        {
            var use = uses.First();
            writer.WriteStartObject(use.DeviceId);
            writer.WriteString("allocation", use.AllocationId);
            writer.WriteString("task", use.Task);
            writer.WriteString("job", use.Job);
            writer.WriteString("namespace", use.Namespace);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter writer, ImmutableArray<StatusEvent> events)
    {
        writer.WriteStartArray("events");
        foreach (var entry in events)
        {
            writer.WriteStartObject();
            writer.WriteNumber("time", entry.Time.ToUnixTimeMilliseconds());
            writer.WriteString("kind", entry.Kind);
            writer.WriteString("gpu", entry.Gpu);
            writer.WriteString("text", entry.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
