using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlDeviceAddressingMode_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressingMode
{
    public const uint Tag = 0x01000008;

    public uint Version;
    public uint Value;
}
