namespace DevicePlugin.Hardware.Cuda;

/// <summary>CUdevice_attribute.</summary>
internal enum CudaAttribute
{
    ClockRate = 13,
    MultiprocessorCount = 16,
    Integrated = 18,
    L2CacheSize = 38,
    MaxThreadsPerMultiprocessor = 39,
    AsyncEngineCount = 40,
    MaxSharedMemoryPerMultiprocessor = 81,
    ManagedMemory = 83,
}
