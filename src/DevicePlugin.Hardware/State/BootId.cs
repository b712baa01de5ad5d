using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.State;

/// <summary>The kernel's id of the boot, by which a record of an earlier one is told.</summary>
public static class BootId
{
    /// <summary>Null where the kernel has none.</summary>
    public static string? Read(string procRoot) =>
        TextFile.TryRead(Path.Combine(procRoot, "sys", "kernel", "random", "boot_id"))?.Trim() is { Length: > 0 } id ? id : null;
}
