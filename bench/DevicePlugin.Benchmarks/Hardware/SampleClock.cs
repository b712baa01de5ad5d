namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>
/// Real time that can be moved ahead, so that a minute of samples ages values as it would and takes no minute.
/// </summary>
internal sealed class SampleClock : TimeProvider
{
    private long _ahead;

    public void Advance(TimeSpan time) => _ahead += (long)(time.TotalSeconds * TimestampFrequency);

    public override long GetTimestamp() => base.GetTimestamp() + _ahead;
}
