using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Hardware.State;

/// <summary>The content of the state file.</summary>
internal sealed record HealthFileContent(int Version, HealthMemory Memory)
{
    public const int CurrentVersion = 1;
}
