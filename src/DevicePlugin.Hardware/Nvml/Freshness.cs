namespace DevicePlugin.Hardware.Nvml;

/// <summary>Says when a group of values that may be somewhat old is to be read again.</summary>
internal sealed class Freshness(TimeProvider time, TimeSpan age)
{
    private long? _readAt;

    public bool IsDue => _readAt is not { } at || time.GetElapsedTime(at) >= age;

    public void Read() => _readAt = time.GetTimestamp();

    public void Expire() => _readAt = null;
}
