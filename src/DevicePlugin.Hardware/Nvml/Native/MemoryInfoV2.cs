using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlMemory_v2_t; <see cref="Used"/> excludes the driver's reserve.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MemoryInfoV2
{
    public const uint Tag = 0x02000028;

    public uint Version;
    public ulong Total;
    public ulong Reserved;
    public ulong Free;
    public ulong Used;
}
