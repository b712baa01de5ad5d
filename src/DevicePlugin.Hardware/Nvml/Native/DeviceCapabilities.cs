using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlDeviceCapabilities_v1_t; the first bit is EGM.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceCapabilities
{
    public const uint Tag = 0x01000008;

    public uint Version;
    public uint Mask;
}
