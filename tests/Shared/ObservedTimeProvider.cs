using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.Tests;

/// <summary>
/// A manual clock that tells when a timer was set. Code on another thread sets its timers when it comes to it, and a clock
/// moved before that would move nothing.
/// </summary>
internal sealed class ObservedTimeProvider : FakeTimeProvider
{
    private readonly SemaphoreSlim _timers = new(0);
    private readonly Signal _set = new();

    public ObservedTimeProvider()
    {
    }

    public ObservedTimeProvider(DateTimeOffset start)
        : base(start)
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ObservedTimer(base.CreateTimer(callback, state, dueTime, period), _set);
        _timers.Release();
        _set.Set();
        return timer;
    }

    /// <summary>Waits for one more timer than the calls before.</summary>
    public Task NextTimer() => _timers.WaitAsync().DefaultTimeout();

    /// <summary>Moves the clock until the task is done: once, and again whenever a timer was set after that.</summary>
    /// <param name="task">What the timers complete.</param>
    /// <param name="step">No shorter than the timer it waits for.</param>
    public async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        while (!task.IsCompleted)
        {
            var set = _set.Next;
            Advance(step);
            await Task.WhenAny(task, set).DefaultTimeout();
        }
    }

    private sealed class ObservedTimer(ITimer timer, Signal set) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isChanged = timer.Change(dueTime, period);
            set.Set();
            return isChanged;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
