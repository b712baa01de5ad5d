using System.Globalization;

namespace DevicePlugin.Gpu;

/// <summary>
/// PCI addresses in sysfs's form, <c>0000:3b:00.0</c>, which is what Nomad compares its NUMA map with
/// (client/lib/numalib). NVML writes <c>00000000:3B:00.0</c>.
/// </summary>
public static class PciBusId
{
    /// <summary>
    /// Accepts <c>[domain:]bus:device[.function]</c> in hexadecimal, either case, any domain width; null when
    /// <paramref name="text"/> is no PCI address.
    /// </summary>
    public static string? Normalize(string text)
    {
        var parts = text.Trim().Split(':');
        if (parts.Length is not (2 or 3))
        {
            return null;
        }

        var slot = parts[^1].Split('.');
        return slot.Length <= 2
            && TryHex(parts.Length == 3 ? parts[0] : "0", uint.MaxValue, out var domain)
            && TryHex(parts[^2], 0xff, out var bus)
            && TryHex(slot[0], 0x1f, out var device)
            && TryHex(slot.Length == 2 ? slot[1] : "0", 7, out var function)
            ? $"{domain:x4}:{bus:x2}:{device:x2}.{function:x}"
            : null;
    }

    private static bool TryHex(string text, uint maximum, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value <= maximum;
}
