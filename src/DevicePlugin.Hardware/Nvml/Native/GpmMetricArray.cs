using System.Runtime.CompilerServices;

namespace DevicePlugin.Hardware.Nvml.Native;

[InlineArray(GpmMetricsGet.Capacity)]
internal struct GpmMetricArray
{
    private GpmMetric _first;
}
