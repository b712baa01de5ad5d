namespace DevicePlugin.Nomad.Configuration;

/// <summary>
/// Bounds on what is read before it is understood. The largest sensible configuration is far below each of them.
/// </summary>
internal static class ConfigLimits
{
    public const int Bytes = 1024 * 1024;

    public const int Depth = 8;

    public const int Values = 64 * 1024;

    public const int TextLength = 4096;

    /// <summary>Errors that one exception lists; its text travels in an HTTP/2 trailer.</summary>
    public const int Errors = 64;
}
