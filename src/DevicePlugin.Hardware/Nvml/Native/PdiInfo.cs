using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlPdi_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PdiInfo
{
    public const uint Tag = 0x01000010;

    public uint Version;
    public ulong Value;
}
