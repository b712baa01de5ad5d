using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// The probe's report as one JSON object on one line. Written by hand: the serializer, even with generated contracts, adds
/// a quarter of a megabyte to the executable for these ten values.
/// </summary>
internal static class CudaJson
{
    private static readonly ImmutableArray<(string Name, Func<CudaDeviceFacts, double?> Read)> Numbers =
    [
        ("l2_cache_kib", device => device.L2CacheKiB),
        ("sm_count", device => device.SmCount),
        ("copy_engines", device => device.CopyEngines),
        ("shared_memory_per_sm_kib", device => device.SharedMemoryPerSmKiB),
        ("threads_per_sm", device => device.ThreadsPerSm),
        ("clock_mhz", device => device.ClockMHz),
        ("total_memory_mib", device => device.TotalMemoryMiB),
    ];

    public static string Write(CudaReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (report.Error is { } error)
            {
                json.WriteString("error", error);
            }

            if (report.Devices is { } devices)
            {
                json.WriteStartArray("devices");
                foreach (var device in devices)
                {
                    Write(json, device);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <exception cref="JsonException">The text is no report.</exception>
    public static CudaReport Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new CudaReport
            {
                Error = Find(root, "error")?.GetString(),
                Devices = Find(root, "devices")?.EnumerateArray().Select(ReadDevice).ToList(),
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new JsonException("A value of the report has another type than it should.", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, CudaDeviceFacts device)
    {
        json.WriteStartObject();
        json.WriteString("uuid", device.Uuid);
        foreach (var (name, read) in Numbers)
        {
            if (read(device) is { } number)
            {
                json.WriteNumber(name, number);
            }
        }

        WriteFlag(json, "is_integrated", device.IsIntegrated);
        WriteFlag(json, "managed_memory", device.ManagedMemory);
        json.WriteEndObject();
    }

    private static void WriteFlag(Utf8JsonWriter json, string name, bool? flag)
    {
        if (flag is { } value)
        {
            json.WriteBoolean(name, value);
        }
    }

    private static CudaDeviceFacts ReadDevice(JsonElement device) => new()
    {
        Uuid = Find(device, "uuid")?.GetString() ?? throw new JsonException("A device of the report has no uuid."),
        L2CacheKiB = Find(device, "l2_cache_kib")?.GetInt32(),
        SmCount = Find(device, "sm_count")?.GetInt32(),
        CopyEngines = Find(device, "copy_engines")?.GetInt32(),
        SharedMemoryPerSmKiB = Find(device, "shared_memory_per_sm_kib")?.GetInt32(),
        ThreadsPerSm = Find(device, "threads_per_sm")?.GetInt32(),
        ClockMHz = Find(device, "clock_mhz")?.GetInt32(),
        TotalMemoryMiB = Find(device, "total_memory_mib") is { } memory ? Finite(memory) : null,
        IsIntegrated = Find(device, "is_integrated")?.GetBoolean(),
        ManagedMemory = Find(device, "managed_memory")?.GetBoolean(),
    };
}
