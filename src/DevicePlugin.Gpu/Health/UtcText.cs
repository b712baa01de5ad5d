using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>How health texts write points in time.</summary>
internal static class UtcText
{
    public static string Of(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
