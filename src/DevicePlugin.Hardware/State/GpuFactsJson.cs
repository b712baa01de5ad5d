using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.State;

/// <summary>The facts of a device as members of a JSON object; what is not known has no member.</summary>
internal static class GpuFactsJson
{
    private static readonly ImmutableArray<Field> Fields =
    [
        Number("memory_mib", f => f.MemoryMiB, (f, v) => f with { MemoryMiB = v }),
        Flag("memory_is_unified", f => f.MemoryIsUnified ? true : null, (f, v) => f with { MemoryIsUnified = v }),
        Number("bar1_mib", f => f.Bar1MiB, (f, v) => f with { Bar1MiB = v }),
        Int("memory_bus_width_bits", f => f.MemoryBusWidthBits, (f, v) => f with { MemoryBusWidthBits = v }),
        Real("power_limit_watts", f => f.PowerLimitWatts, (f, v) => f with { PowerLimitWatts = v }),
        Real("power_default_watts", f => f.PowerDefaultWatts, (f, v) => f with { PowerDefaultWatts = v }),
        Real("power_min_watts", f => f.PowerMinWatts, (f, v) => f with { PowerMinWatts = v }),
        Real("power_max_watts", f => f.PowerMaxWatts, (f, v) => f with { PowerMaxWatts = v }),
        Int("max_graphics_clock_mhz", f => f.MaxGraphicsClockMHz, (f, v) => f with { MaxGraphicsClockMHz = v }),
        Int("max_sm_clock_mhz", f => f.MaxSmClockMHz, (f, v) => f with { MaxSmClockMHz = v }),
        Int("max_memory_clock_mhz", f => f.MaxMemoryClockMHz, (f, v) => f with { MaxMemoryClockMHz = v }),
        Int("max_video_clock_mhz", f => f.MaxVideoClockMHz, (f, v) => f with { MaxVideoClockMHz = v }),
        Int("pcie_max_generation", f => f.PcieMaxGeneration, (f, v) => f with { PcieMaxGeneration = v }),
        Int("pcie_max_width", f => f.PcieMaxWidth, (f, v) => f with { PcieMaxWidth = v }),
        Flag("display_enabled", f => f.DisplayEnabled, (f, v) => f with { DisplayEnabled = v }),
        Flag("persistence_mode", f => f.PersistenceMode, (f, v) => f with { PersistenceMode = v }),
        Flag("ecc_mode", f => f.EccMode, (f, v) => f with { EccMode = v }),
        Flag("mig_mode", f => f.MigMode, (f, v) => f with { MigMode = v }),
        Text("compute_mode", f => f.ComputeMode, (f, v) => f with { ComputeMode = v }),
        Text("compute_capability", WriteCapability, (f, v) => f with { ComputeCapability = ReadCapability(v) }),
        Text("architecture", f => f.Architecture, (f, v) => f with { Architecture = v }),
        Text("brand", f => f.Brand, (f, v) => f with { Brand = v }),
        Int("cuda_cores", f => f.CudaCores, (f, v) => f with { CudaCores = v }),
        Int("sm_count", f => f.SmCount, (f, v) => f with { SmCount = v }),
        Int("l2_cache_kib", f => f.L2CacheKiB, (f, v) => f with { L2CacheKiB = v }),
        Int("copy_engines", f => f.CopyEngines, (f, v) => f with { CopyEngines = v }),
        Int("encoders", f => f.Encoders, (f, v) => f with { Encoders = v }),
        Int("decoders", f => f.Decoders, (f, v) => f with { Decoders = v }),
        Int("jpeg_engines", f => f.JpegEngines, (f, v) => f with { JpegEngines = v }),
        Int("ofa_engines", f => f.OfaEngines, (f, v) => f with { OfaEngines = v }),
        Int("nvlink_count", f => f.NvLinkCount, (f, v) => f with { NvLinkCount = v }),
        Real("nvlink_version", f => f.NvLinkVersion, (f, v) => f with { NvLinkVersion = v }),
        Text("addressing_mode", f => f.AddressingMode, (f, v) => f with { AddressingMode = v }),
        Text("virtualization", f => f.Virtualization, (f, v) => f with { Virtualization = v }),
        Text("vbios_version", f => f.VbiosVersion, (f, v) => f with { VbiosVersion = v }),
        Text("board_serial", f => f.BoardSerial, (f, v) => f with { BoardSerial = v }),
        Text("board_part_number", f => f.BoardPartNumber, (f, v) => f with { BoardPartNumber = v }),
        Text("gsp_firmware", f => f.GspFirmware, (f, v) => f with { GspFirmware = v }),
        Int("numa_node", f => f.NumaNode, (f, v) => f with { NumaNode = v }),
        Text("fabric_cluster", f => f.FabricCluster, (f, v) => f with { FabricCluster = v }),
        Int("fabric_clique", f => f.FabricClique, (f, v) => f with { FabricClique = v }),
    ];

    public static void Write(Utf8JsonWriter json, GpuFacts facts)
    {
        json.WriteStartObject();
        foreach (var field in Fields)
        {
            field.Write(json, facts);
        }

        json.WriteEndObject();
    }

    /// <summary>Members that are not known here are another version's, and nothing to this one.</summary>
    public static GpuFacts Read(JsonElement element)
    {
        var facts = GpuFacts.None;
        foreach (var field in Fields)
        {
            if (element.TryGetProperty(field.Name, out var value))
            {
                facts = field.Read(value, facts);
            }
        }

        return facts;
    }

    private static Field Int(string name, Func<GpuFacts, int?> get, Func<GpuFacts, int, GpuFacts> set) =>
        Number(name, f => get(f), (f, v) => set(f, checked((int)v)));

    private static Field Number(string name, Func<GpuFacts, long?> get, Func<GpuFacts, long, GpuFacts> set) => new(
        name, (json, f) => WriteIf(get(f), v => json.WriteNumber(name, v)), (value, f) => set(f, value.GetInt64()));

    private static Field Real(string name, Func<GpuFacts, double?> get, Func<GpuFacts, double, GpuFacts> set) => new(
        name, (json, f) => WriteIf(get(f), v => json.WriteNumber(name, v)), (value, f) => set(f, JsonMember.Finite(value)));

    private static Field Flag(string name, Func<GpuFacts, bool?> get, Func<GpuFacts, bool, GpuFacts> set) => new(
        name, (json, f) => WriteIf(get(f), v => json.WriteBoolean(name, v)), (value, f) => set(f, value.GetBoolean()));

    private static Field Text(string name, Func<GpuFacts, string?> get, Func<GpuFacts, string, GpuFacts> set) => new(
        name,
        (json, f) =>
        {
            if (get(f) is { } text)
            {
                json.WriteString(name, text);
            }
        },
        (value, f) => value.GetString() is { } text ? set(f, text) : f);

    private static void WriteIf<T>(T? value, Action<T> write)
        where T : struct
    {
        if (value is { } known)
        {
            write(known);
        }
    }

    private static string? WriteCapability(GpuFacts facts) => facts.ComputeCapability is { } capability
        ? string.Create(CultureInfo.InvariantCulture, $"{capability.Major}.{capability.Minor}")
        : null;

    private static ComputeCapability ReadCapability(string text) => text.Split('.') is [var major, var minor]
        ? new ComputeCapability(
            int.Parse(major, CultureInfo.InvariantCulture), int.Parse(minor, CultureInfo.InvariantCulture))
        : throw new FormatException($"\"{text}\" is not a compute capability");

    private sealed record Field(
        string Name, Action<Utf8JsonWriter, GpuFacts> Write, Func<JsonElement, GpuFacts, GpuFacts> Read);
}
