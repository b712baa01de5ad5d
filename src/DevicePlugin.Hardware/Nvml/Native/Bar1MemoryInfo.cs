using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlBAR1Memory_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Bar1MemoryInfo
{
    public ulong Total;
    public ulong Free;
    public ulong Used;
}
