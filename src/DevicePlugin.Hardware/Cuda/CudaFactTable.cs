using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>CUDA's facts by UUID, added to what NVML said.</summary>
internal sealed class CudaFactTable(IEnumerable<CudaDeviceFacts> devices)
{
    public static readonly CudaFactTable Empty = new([]);

    private readonly Dictionary<string, CudaDeviceFacts> _devices =
        devices.OfType<CudaDeviceFacts>()
            .DistinctBy(device => device.Uuid, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(device => device.Uuid, StringComparer.OrdinalIgnoreCase);

    public bool IsEmpty => _devices.Count == 0;

    public CudaDeviceFacts? Find(string uuid) => _devices.GetValueOrDefault(uuid);

    public GpuDevice AddTo(GpuDevice device)
    {
        // With MIG on CUDA shows one instance of all, so what it says there would tell equal instances apart.
        if (device.Mig is not null || !_devices.TryGetValue(device.Uuid, out var cuda))
        {
            return device;
        }

        var isUnified = device.Facts.MemoryIsUnified || cuda.IsIntegrated == true;
        return device with
        {
            Facts = device.Facts with
            {
                L2CacheKiB = cuda.L2CacheKiB,
                SmCount = device.Facts.SmCount ?? cuda.SmCount,
                CopyEngines = device.Facts.CopyEngines ?? cuda.CopyEngines,
                MemoryIsUnified = isUnified,
                MemoryMiB = device.Facts.MemoryMiB ?? (isUnified ? (long?)cuda.TotalMemoryMiB : null),
            },
        };
    }
}
