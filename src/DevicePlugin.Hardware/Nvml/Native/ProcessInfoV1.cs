using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlProcessInfo_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessInfoV1
{
    public uint Pid;
    public ulong UsedMemory;
}
