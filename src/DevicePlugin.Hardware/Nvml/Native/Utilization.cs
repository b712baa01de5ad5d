using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlUtilization_t, percent.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Utilization
{
    public uint Gpu;
    public uint Memory;
}
