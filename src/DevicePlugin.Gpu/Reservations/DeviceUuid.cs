namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// What NVML may call a device before the name becomes part of a path: <c>GPU-</c> or <c>MIG-</c> with hexadecimal digits
/// and dashes, or the form of MIG before driver 470, <c>MIG-GPU-…/&lt;GPU instance&gt;/&lt;compute instance&gt;</c>.
/// </summary>
public static class DeviceUuid
{
    private const int LongestNumber = 4;

    /// <summary>True when the UUID is one part of a path.</summary>
    public static bool IsPathComponent(string uuid) => IsPlain(uuid, "GPU-") || IsPlain(uuid, "MIG-");

    /// <summary>True for the old form too, whose two slashes make folders and lead nowhere else.</summary>
    public static bool IsRelativePath(string uuid)
    {
        var parts = uuid.Split('/');
        return IsPathComponent(uuid)
            || (parts is [var gpu, var gpuInstance, var computeInstance]
                && IsPlain(gpu, "MIG-GPU-") && IsNumber(gpuInstance) && IsNumber(computeInstance));
    }

    private static bool IsPlain(string text, string prefix)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal) || text.Length == prefix.Length)
        {
            return false;
        }

        foreach (var character in text.AsSpan(prefix.Length))
        {
            if (!char.IsAsciiHexDigit(character) && character != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNumber(string text) =>
        text.Length is > 0 and <= LongestNumber && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
}
