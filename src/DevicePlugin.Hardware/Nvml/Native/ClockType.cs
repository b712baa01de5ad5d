namespace DevicePlugin.Hardware.Nvml.Native;

/// <summary>nvmlClockType_t.</summary>
internal static class ClockType
{
    public const uint Graphics = 0;
    public const uint Sm = 1;
    public const uint Memory = 2;
    public const uint Video = 3;
}
