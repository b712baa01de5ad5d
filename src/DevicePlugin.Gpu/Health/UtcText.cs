using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>How health texts write points in time.</summary>
public static class UtcText
{
    /// <summary>In UTC, to the second: <c>2026-11-23T03:00:00Z</c>.</summary>
    public static string Of(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
