namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// When the driver is opened again to look for a GPU. NVML may have fixed its GPUs at nvmlInit, which nobody documents: one that
/// is missing or lost is then seen only by another init. That costs all GPUs their readings for seconds, so it is done at once
/// when the kernel's lists of GPUs have changed, and with growing pauses otherwise.
/// </summary>
internal sealed class ReopenRule(TimeProvider time)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private string? _listed;
    private TimeSpan _pause;
    private long _since;

    /// <summary>To be asked once a refresh.</summary>
    /// <param name="listed">What the kernel lists.</param>
    /// <param name="isMissing">Whether NVML lacks one of these, or has one that is not there or does not answer.</param>
    public bool IsDue(string listed, bool isMissing)
    {
        var hasChanged = _listed is not null && _listed != listed;
        _listed = listed;
        if (!isMissing)
        {
            _pause = TimeSpan.Zero;
            return false;
        }

        if (hasChanged || _pause == TimeSpan.Zero)
        {
            Wait(FirstPause);
            return hasChanged;
        }

        if (time.GetElapsedTime(_since) < _pause)
        {
            return false;
        }

        Wait(_pause * 2 < LongestPause ? _pause * 2 : LongestPause);
        return true;
    }

    private void Wait(TimeSpan pause)
    {
        _pause = pause;
        _since = time.GetTimestamp();
    }
}
