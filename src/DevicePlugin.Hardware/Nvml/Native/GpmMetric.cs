using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlGpmMetric_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpmMetric
{
    public uint MetricId;
    public NvmlReturn Result;
    public double Value;
    public nint ShortName;
    public nint LongName;
    public nint Unit;
}
