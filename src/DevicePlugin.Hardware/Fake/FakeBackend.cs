using System.Runtime.CompilerServices;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Conditions;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.Fake;

/// <summary>
/// Serves the node of a scenario. The scenario is read by the first call; a file is read again when it changes. One
/// that is broken is an empty inventory with the reason. Call faults act on the operation in which NVML's function
/// would be called; a call that hangs is reported as such at once, instead of after a deadline.
/// </summary>
public sealed class FakeBackend(ScenarioSource source, TimeProvider timeProvider, ILogger<FakeBackend> logger)
    : IGpuBackend
{
    // ITimer takes at most 49 days; an entry later than this just wakes the timer for nothing once a day.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly GpuEventHub _events = new();
    private readonly ScenarioRun _run = new();
    private readonly GpuJudges _judges = new(_ => 0);
    private readonly long _start = timeProvider.GetTimestamp();

    private bool _isStarted;
    private bool _isDisposed;
    private bool _isLoaded;
    private string? _problem;
    private DateTime _readAt;
    private ITimer? _timer;
    private ScenarioFileWatch? _watch;

    public bool IsSimulated => true;

    private TimeSpan Now => timeProvider.GetElapsedTime(_start);

    public async Task<NodeReport> EnumerateAsync(CancellationToken cancellationToken)
    {
        NodeReport report;
        TimeSpan delay;
        lock (_lock)
        {
            Start();
            ReadAgainIfUnwatched();
            if (!_isLoaded || _problem is not null)
            {
                return NodeReport.Without(DriverState.Failed, _problem ?? "The backend was closed.");
            }

            PublishDue();
            var reader = new NodeReader(_run.At(Now), _run.Calls, _judges, Now);
            report = reader.Read();
            delay = reader.Delay;
        }

        await WaitAsync(delay, cancellationToken).ConfigureAwait(false);
        return report;
    }

    public async Task<GpuReadings> ReadAsync(GpuDevice device, CancellationToken cancellationToken)
    {
        GpuReadings readings;
        TimeSpan delay;
        lock (_lock)
        {
            Start();
            if (!_isLoaded || _problem is not null)
            {
                return GpuReadings.None;
            }

            (readings, delay) = Read(device, _run.At(Now));
        }

        await WaitAsync(delay, cancellationToken).ConfigureAwait(false);
        return readings;
    }

    public async IAsyncEnumerable<GpuEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Start();
        }

        var channel = _events.Subscribe();
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return item;
            }
        }
        finally
        {
            _events.Unsubscribe(channel);
        }
    }

    public Task ReleaseAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
            _watch?.Dispose();
        }

        _events.Complete();
        return ValueTask.CompletedTask;
    }

    private (GpuReadings Readings, TimeSpan Delay) Read(GpuDevice device, NodeState node)
    {
        if (node.Find(device.PhysicalUuid) is not { } gpu || gpu.Values.State() != ResolvedGpu.StateOk
            || !DriverStates.Of(node.Driver).IsLoaded)
        {
            return (GpuReadings.None, TimeSpan.Zero);
        }

        var probe = new GpuProbe(gpu, _run.Calls, Now) { DriverBranch = node.DriverBranch };
        var readings = device.Mig is null
            ? ReadingsReader.Read(probe, node.System)
            : (gpu.Values[MigKeys.Instances] ?? []).FirstOrDefault(item => item[MigInstanceKeys.Uuid] == device.Uuid)
                is { } instance
                ? ReadingsReader.ReadInstance(probe, instance)
                : GpuReadings.None;
        var isGone = probe.Fault is { Kind: DeviceFaultKind.Lost or DeviceFaultKind.Unresponsive };
        return (isGone ? GpuReadings.None : readings, probe.Delay);
    }

    private void Start()
    {
        if (_isStarted || _isDisposed)
        {
            return;
        }

        _isStarted = true;
        _timer = timeProvider.CreateTimer(
            _ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (source.Path is { Length: > 0 } path)
        {
            _watch = ScenarioFileWatch.TryStart(path, timeProvider, logger, OnFileChanged);
        }

        Load();
    }

    private void Load()
    {
        try
        {
            _readAt = ChangeTime();
            var scenario = source.Open();
            _run.Load(scenario, Now);
            if (!_isLoaded || _problem is not null)
            {
                logger.ScenarioLoaded(source.Name, scenario.GpuCount);
            }

            (_isLoaded, _problem) = (true, null);
            PublishDue();
        }
        catch (ScenarioException exception)
        {
            var problem = exception.Message.ReplaceLineEndings(" ");
            if (problem != _problem)
            {
                logger.ScenarioBroken(problem);
            }

            _problem = problem;
        }
    }

    private void ReadAgainIfUnwatched()
    {
        if (_watch is null && source.Path is not null && ChangeTime() != _readAt)
        {
            Load();
        }
    }

    private DateTime ChangeTime()
    {
        try
        {
            return source.Path is { Length: > 0 } path ? File.GetLastWriteTimeUtc(path) : default;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Opening it says the same, and is what the user is told.
            return default;
        }
    }

    private void OnFileChanged()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            Load();
        }

        _events.Publish(new GpuEvent(GpuEventKind.Inventory, null));
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                PublishDue();
            }
        }
    }

    // What is due is published before anything of that moment is reported, and the timer waits for the next.
    private void PublishDue()
    {
        if (!_isLoaded)
        {
            return;
        }

        var now = Now;
        foreach (var (entry, time) in _run.TakeDue(now))
        {
            logger.ScenarioEntryDue(entry.Id);
            foreach (var item in ScenarioEvents.Of(entry, _run.At(time)))
            {
                _events.Publish(item);
            }
        }

        var wait = _run.NextDue() is { } next ? WaitOf(next - now) : Timeout.InfiniteTimeSpan;
        _timer?.Change(wait, Timeout.InfiniteTimeSpan);
    }

    // Timers count whole milliseconds and would wake too early for a fraction.
    private static TimeSpan WaitOf(TimeSpan time) =>
        time > LongestWait ? LongestWait : TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

    private Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        delay > TimeSpan.Zero ? Task.Delay(delay, timeProvider, cancellationToken) : Task.CompletedTask;
}
