using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.Tests;

/// <summary>
/// A manual clock that tells when a timer was set. Code on another thread sets its timers when it comes to it, and a clock
/// moved before that would move nothing.
/// </summary>
internal sealed class ObservedTimeProvider : FakeTimeProvider
{
    private readonly SemaphoreSlim _timers = new(0);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Release();
        return timer;
    }

    /// <summary>Waits for one more timer than the calls before.</summary>
    public Task NextTimer() => _timers.WaitAsync().DefaultTimeout();
}
