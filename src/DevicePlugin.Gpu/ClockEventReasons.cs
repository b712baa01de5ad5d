namespace DevicePlugin.Gpu;

/// <summary>What holds the clocks below their maximum (nvmlDeviceGetCurrentClocksEventReasons; bits as in nvml.h).</summary>
[Flags]
public enum ClockEventReasons : ulong
{
    None = 0,
    Idle = 0x1,
    ApplicationClocks = 0x2,
    SoftwarePowerCap = 0x4,
    HardwareSlowdown = 0x8,
    SyncBoost = 0x10,
    SoftwareThermal = 0x20,
    HardwareThermal = 0x40,
    PowerBrake = 0x80,
    Display = 0x100,
}
