using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlRowRemapperHistogramValues_t: banks by spare rows left.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RowRemapperHistogram
{
    public uint Max;
    public uint High;
    public uint Partial;
    public uint Low;
    public uint None;
}
