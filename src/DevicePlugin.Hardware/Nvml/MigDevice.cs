using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>A MIG instance as it was found in a slot of its GPU.</summary>
/// <param name="query">Asks it.</param>
/// <param name="uuid">NVML's.</param>
/// <param name="name">Null where NVML gives no text: it is built as NVML does then.</param>
/// <param name="instance">Where it sits.</param>
internal sealed class MigDevice(DeviceQuery query, string uuid, string? name, MigInstance instance)
{
    public DeviceQuery Query { get; } = query;

    public string Uuid { get; } = uuid;

    public MigInstance Instance { get; } = instance;

    public bool HasName { get; } = name is not null;

    public required long? MemoryMiB { get; init; }

    /// <summary>The GPU instance's share; null where NVML tells it for whole GPUs only.</summary>
    public required long? Bar1MiB { get; init; }

    public required DeviceAttributes? Attributes { get; init; }

    public GpuDevice Describe(GpuDevice parent) => parent with
    {
        Uuid = Uuid,
        Name = name ?? $"{parent.Name} MIG {Instance.Profile}".TrimEnd(),
        Mig = Instance,
        Faults = [],
        Notice = null,
        Facts = parent.Facts with
        {
            MemoryMiB = MemoryMiB,
            MemoryIsUnified = false,
            Bar1MiB = Bar1MiB ?? parent.Facts.Bar1MiB,
            // The whole board's, were it read before MIG was switched on.
            CudaCores = null,
            SmCount = (int?)Attributes?.MultiprocessorCount,
            CopyEngines = (int?)Attributes?.SharedCopyEngineCount,
            Encoders = (int?)Attributes?.SharedEncoderCount,
            Decoders = (int?)Attributes?.SharedDecoderCount,
            JpegEngines = (int?)Attributes?.SharedJpegCount,
            OfaEngines = (int?)Attributes?.SharedOfaCount,
        },
    };
}
