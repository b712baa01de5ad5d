namespace DevicePlugin.Hardware;

/// <summary>
/// Text from the driver that becomes a key: of the scheduler's groups, of jobs' constraints, of files. Invalid text counts as
/// unknown, since a key with placeholders in it may differ after the next restart.
/// </summary>
internal static class PlainText
{
    private const int LongestUuid = 64;
    private const int ShortestUuid = 8;

    /// <summary>Null for text with control characters, invalid UTF-8, or without a letter or digit.</summary>
    public static string? Name(string? text) =>
        text is not null && !text.Any(IsBroken) && text.Any(char.IsLetterOrDigit) ? text.Trim() : null;

    /// <summary>
    /// Null for what cannot be an identity. NVML's are <c>GPU-</c> or <c>MIG-</c> and 36 characters; before driver 470
    /// <c>MIG-GPU-.../gi/ci</c>; Tegra's have no prefix.
    /// </summary>
    public static string? Uuid(string text) =>
        text.Length is >= ShortestUuid and <= LongestUuid
            && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '/')
            ? text
            : null;

    // Decoding turns invalid UTF-8 into the replacement character; drivers write question marks instead.
    private static bool IsBroken(char character) => char.IsControl(character) || character is '\uFFFD' or '?';
}
