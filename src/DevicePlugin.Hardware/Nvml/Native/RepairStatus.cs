using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlRepairStatus_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RepairStatus
{
    public const uint Tag = 0x0100000C;

    public uint Version;
    public uint ChannelRepairPending;
    public uint TpcRepairPending;
}
