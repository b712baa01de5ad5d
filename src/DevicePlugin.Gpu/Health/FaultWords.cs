namespace DevicePlugin.Gpu.Health;

/// <summary>What an operator reads first about a fault.</summary>
internal static class FaultWords
{
    public static string Of(DeviceFaultKind kind) => kind switch
    {
        DeviceFaultKind.Lost => "GPU is lost",
        DeviceFaultKind.ResetRequired => "GPU reset required",
        DeviceFaultKind.UncorrectableEcc => "uncorrectable ECC errors",
        DeviceFaultKind.RemapPending => "row remap or page retirement pending",
        DeviceFaultKind.RemapFailed => "row remap failed",
        DeviceFaultKind.InforomCorrupt => "InfoROM is corrupt",
        DeviceFaultKind.InsufficientPower => "external power is insufficient",
        DeviceFaultKind.FabricUnhealthy => "NVLink fabric is unhealthy",
        DeviceFaultKind.Unresponsive => "GPU does not answer",
        DeviceFaultKind.CallFailed => "GPU cannot be read",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a fault without words"),
    };
}
