using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlPciInfo_t as _v3 writes it. _v2 and the unversioned function write 52 bytes, the same up to
/// <see cref="PciSubSystemId"/> and then four reserved words.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PciInfo
{
    public fixed byte BusIdLegacy[16];
    public uint Domain;
    public uint Bus;
    public uint Device;
    public uint PciDeviceId;
    public uint PciSubSystemId;
    public fixed byte BusId[32];
}
