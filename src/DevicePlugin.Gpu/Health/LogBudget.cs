namespace DevicePlugin.Gpu.Health;

/// <summary>So many lines a minute: a flood of events must not become a flood of the agent's log.</summary>
internal sealed class LogBudget(TimeProvider timeProvider)
{
    private const int LinesPerWindow = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private long _began;
    private int _lines;
    private long _suppressed;

    /// <summary>Whether a line may be written, and how many were not since the last one.</summary>
    public bool TryTake(out long suppressed)
    {
        suppressed = 0;
        if (_lines == 0 || timeProvider.GetElapsedTime(_began) >= Window)
        {
            _began = timeProvider.GetTimestamp();
            _lines = 0;
        }

        if (_lines == LinesPerWindow)
        {
            _suppressed++;
            return false;
        }

        _lines++;
        (suppressed, _suppressed) = (_suppressed, 0);
        return true;
    }
}
