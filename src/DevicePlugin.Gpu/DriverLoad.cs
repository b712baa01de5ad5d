namespace DevicePlugin.Gpu;

/// <summary>
/// Tells one load of the driver's kernel module from the next. Opening and closing the driver from here changes neither.
/// </summary>
/// <param name="BootId">The kernel's id of this boot; null where it has none.</param>
/// <param name="Module">Another one after the module was unloaded and loaded; null where that cannot be seen.</param>
public sealed record DriverLoad(string? BootId, string? Module)
{
    /// <summary>True only when something is known to differ.</summary>
    public bool IsReloadedSince(DriverLoad onset) => Differ(BootId, onset.BootId) || Differ(Module, onset.Module);

    private static bool Differ(string? one, string? other) => one is not null && other is not null && one != other;
}
