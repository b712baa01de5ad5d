using System.Buffers;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using static DevicePlugin.Hardware.State.JsonMember;

namespace DevicePlugin.Hardware.State;

/// <summary>The content of the file of known GPUs; by hand like <see cref="HealthJson"/>.</summary>
internal static class KnownGpuJson
{
    private const int Version = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static byte[] Write(KnownGpuMemory memory)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
        {
            json.WriteStartObject();
            json.WriteNumber(StateVersion.Member, Version);
            json.WriteString("driver_version", memory.DriverVersion);
            if (memory.Load is { } load)
            {
                json.WriteStartObject("load");
                json.WriteString("boot_id", load.BootId);
                json.WriteString("module", load.Module);
                json.WriteEndObject();
            }

            json.WriteStartArray("devices");
            foreach (var device in memory.Devices)
            {
                Write(json, device);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">The text is not what <see cref="Write(KnownGpuMemory)"/> writes.</exception>
    public static KnownGpuMemory Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            StateVersion.Check(root, Version);

            return new KnownGpuMemory([.. root.GetProperty("devices").EnumerateArray().Select(ReadDevice)])
            {
                DriverVersion = Find(root, "driver_version")?.GetString(),
                Load = Find(root, "load") is { } load
                    ? new DriverLoad(Find(load, "boot_id")?.GetString(), Find(load, "module")?.GetString())
                    : null,
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException
            or OverflowException)
        {
            throw new JsonException($"it is not of this plugin's format: {exception.Message}", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, GpuDevice device)
    {
        json.WriteStartObject();
        json.WriteString("uuid", device.Uuid);
        json.WriteString("name", device.Name);
        json.WriteNumber("index", device.Index);
        json.WriteString("pci_bus_id", device.PciBusId);
        if (device.FormerPciBusId is { } former)
        {
            json.WriteString("former_pci_bus_id", former);
        }

        WriteNumber(json, "minor_number", device.MinorNumber);
        if (device.NvLinksSeenUp != 0)
        {
            json.WriteNumber("nvlinks_seen_up", device.NvLinksSeenUp);
        }

        if (device.Mig is { } mig)
        {
            json.WriteStartObject("mig");
            json.WriteString("parent", mig.ParentUuid);
            json.WriteNumber("gpu_instance", mig.GpuInstanceId);
            json.WriteNumber("compute_instance", mig.ComputeInstanceId);
            json.WriteString("profile", mig.Profile);
            WriteNumber(json, "slot", mig.Slot);
            WriteNumber(json, "gpu_slices", mig.GpuSlices);
            WriteNumber(json, "compute_slices", mig.ComputeSlices);
            json.WriteEndObject();
        }

        json.WritePropertyName("facts");
        GpuFactsJson.Write(json, device.Facts);
        json.WriteEndObject();
    }

    private static GpuDevice ReadDevice(JsonElement device) => new()
    {
        Uuid = PlainText.Uuid(Text(device, "uuid")) ?? throw new JsonException("a uuid is not valid"),
        Name = PlainText.Name(Text(device, "name")) ?? throw new JsonException("a name has invalid characters"),
        Index = device.GetProperty("index").GetInt32(),
        PciBusId = Find(device, "pci_bus_id")?.GetString(),
        FormerPciBusId = Find(device, "former_pci_bus_id")?.GetString(),
        MinorNumber = Find(device, "minor_number")?.GetInt32(),
        NvLinksSeenUp = Find(device, "nvlinks_seen_up")?.GetUInt64() ?? 0,
        Mig = Find(device, "mig") is { } mig ? ReadMig(mig) : null,
        Facts = GpuFactsJson.Read(device.GetProperty("facts")),
    };

    private static MigInstance ReadMig(JsonElement mig) => new(
        Text(mig, "parent"), mig.GetProperty("gpu_instance").GetInt32(), mig.GetProperty("compute_instance").GetInt32(),
        Text(mig, "profile"))
    {
        Slot = Find(mig, "slot")?.GetInt32(),
        GpuSlices = Find(mig, "gpu_slices")?.GetInt32(),
        ComputeSlices = Find(mig, "compute_slices")?.GetInt32(),
    };

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
