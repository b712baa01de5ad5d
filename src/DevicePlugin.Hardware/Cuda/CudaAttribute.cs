namespace DevicePlugin.Hardware.Cuda;

/// <summary>CUdevice_attribute.</summary>
internal enum CudaAttribute
{
    MultiprocessorCount = 16,
    Integrated = 18,
    L2CacheSize = 38,
    AsyncEngineCount = 40,
    MaxSharedMemoryPerMultiprocessor = 81,
    ManagedMemory = 83,
}
