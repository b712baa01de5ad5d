using DevicePlugin.Gpu;

namespace DevicePlugin.Tests;

/// <summary>Devices for tests that care about a few of their properties only.</summary>
internal static class TestGpus
{
    public const string Model = "NVIDIA H100 80GB HBM3";

    /// <summary>The n-th GPU of a node, healthy, with its PCI address and little else.</summary>
    public static GpuDevice Gpu(int n, string name = Model) => new()
    {
        Uuid = $"GPU-{n:00000000}",
        Name = name,
        Index = n,
        PciBusId = $"0000:{n + 0x10:x2}:00.0",
        MinorNumber = n,
        Facts = new GpuFacts { MemoryMiB = 81559, PowerLimitWatts = 700 },
    };

    public static GpuDevice Instance(GpuDevice parent, int gpuInstance, string profile = "1g.10gb") => parent with
    {
        Uuid = $"MIG-{parent.Index:0000}-{gpuInstance:0000}",
        Name = $"{parent.Name} MIG {profile}",
        Mig = new MigInstance(parent.Uuid, gpuInstance, 0, profile),
    };

    public static NodeReport Report(params GpuDevice[] devices) =>
        new(new DriverStatus(DriverState.Loaded) { Version = "580.105.08", Cuda = new CudaVersion(13, 0) }, [.. devices]);
}
