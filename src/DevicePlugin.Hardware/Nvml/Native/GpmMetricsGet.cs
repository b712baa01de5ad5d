using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>
/// nvmlGpmMetricsGet_t. The array grew from 98 over 210 to 333 metrics while the version stayed 1, so a library may
/// write as far as the newest header goes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GpmMetricsGet
{
    public const int Capacity = 333;

    public uint Version;
    public uint MetricCount;
    public nint Sample1;
    public nint Sample2;
    public GpmMetricArray Metrics;
}
