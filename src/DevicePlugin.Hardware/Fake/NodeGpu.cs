using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.Hardware.Fake;

/// <summary>A GPU that is present: its position in the scenario, and NVML's index among those present.</summary>
internal sealed record NodeGpu(int Position, int Index, KeyedValues Values)
{
    public string Uuid => Values.Uuid();
}
