using System.Collections.Concurrent;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>A log that takes its time keeps nobody from the health of the GPUs.</summary>
internal sealed class LoggingUnderLocksTests
{
    [Test]
    public void WhateverIsLogged_AnotherThreadReadsHealthMeanwhile()
    {
        var logger = new AskingLogger();
        var tracker = new HealthTracker(new FakeTimeProvider(), logger);
        logger.Ask = () => tracker.XidsOf(TestGpus.Gpu(0).Uuid);

        tracker.Record(new GpuEvent(GpuEventKind.Xid, TestGpus.Gpu(0).Uuid, 79));
        tracker.Record(new GpuEvent(GpuEventKind.Xid, TestGpus.Gpu(0).Uuid, -3));
        tracker.Record(new GpuEvent(GpuEventKind.Xid, "", 79));
        tracker.Record(new GpuEvent(GpuEventKind.SwitchError, null, 20009));
        tracker.Record(new GpuEvent(GpuEventKind.LogLinesLost, null, 5));
        tracker.Observe(TestGpus.Report(TestGpus.Gpu(1)), tracker.Begin());

        Assert.That(logger.Logged, Has.Count.GreaterThanOrEqualTo(4));
        Assert.That(logger.Logged, Has.All.True, "the lock was held while it was logged");
    }

    private sealed class AskingLogger : ILogger
    {
        public Action Ask { get; set; } = () => { };

        public ConcurrentQueue<bool> Logged { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Logged.Enqueue(Task.Run(Ask).Wait(TimeSpan.FromSeconds(5)));
    }
}
