using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlTemperature_v1_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TemperatureInfo
{
    public const uint Tag = 0x0100000c;

    public uint Version;
    public uint Sensor;
    public int Celsius;
}
