namespace DevicePlugin.Gpu;

/// <summary>A line of the kernel log.</summary>
/// <param name="BootId">The kernel numbers its lines from 0 with each boot; null where it has no id.</param>
/// <param name="Sequence">The line's number.</param>
public sealed record KernelLogPosition(string? BootId, long Sequence)
{
    /// <summary>Of two lines the one that was written later; a line of another boot than the last one known is newer.</summary>
    internal static KernelLogPosition? Newer(KernelLogPosition? known, KernelLogPosition? line) =>
        known is not null && (line is null || (known.BootId == line.BootId && known.Sequence >= line.Sequence)) ? known : line;
}
