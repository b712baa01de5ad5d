namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// nvmlDevice_t with the session it came from: NVML reuses the pointers after shutdown, so an old one lies.
/// </summary>
internal readonly record struct NvmlHandle(nint Pointer, int Generation);
