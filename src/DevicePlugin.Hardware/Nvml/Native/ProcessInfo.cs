using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlProcessInfo_t as the functions from _v2 on write it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessInfo
{
    public uint Pid;
    public ulong UsedMemory;
    public uint GpuInstanceId;
    public uint ComputeInstanceId;
}
