using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlPlatformInfo_v2_t. Version 1 has the same size and calls the serial number a rack GUID.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PlatformInfo
{
    public const uint Tag = 0x0200002C;

    public uint Version;
    public fixed byte IbGuid[16];
    public fixed byte ChassisSerial[16];
    public byte Slot;
    public byte Tray;
    public byte HostId;
    public byte PeerType;
    public byte ModuleId;
}
