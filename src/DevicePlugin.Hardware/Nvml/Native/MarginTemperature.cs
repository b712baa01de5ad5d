using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlMarginTemperature_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MarginTemperature
{
    public const uint Tag = 0x01000008;

    public uint Version;
    public int Celsius;
}
