namespace DevicePlugin.Hardware.Nvml;

/// <summary>GPM metrics 1, 2 and 10, percent.</summary>
internal readonly record struct GpmReadings(double? GraphicsEngine, double? Sm, double? Dram);
