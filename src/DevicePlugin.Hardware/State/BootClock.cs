using System.Globalization;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.State;

/// <summary>The kernel's clock since the boot.</summary>
public static class BootClock
{
    /// <summary>Null where the kernel does not tell it.</summary>
    public static TimeSpan? ReadUptime(string procRoot)
    {
        var text = TextFile.TryRead(Path.Combine(procRoot, "uptime"))?.Split(' ')[0];
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0 and < uint.MaxValue
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }

    /// <summary>Null where the kernel tells neither its boot nor its clock.</summary>
    public static BootMoment? Read(string procRoot, TimeProvider timeProvider) =>
        BootId.Read(procRoot) is { } boot && ReadUptime(procRoot) is { } uptime
            ? new BootMoment(boot, uptime, timeProvider.GetUtcNow())
            : null;
}
