using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>Points in time as health texts write them.</summary>
internal static class UtcText
{
    public static string Of(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
