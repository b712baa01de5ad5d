using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlMemory_t; <see cref="Used"/> includes the driver's reserve.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryInfo
{
    public ulong Total;
    public ulong Free;
    public ulong Used;
}
