using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Fake;

/// <summary>A fake backend on a manual clock.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly List<IAsyncEnumerator<GpuEvent>> _watchers = [];

    public FakeNode(ScenarioSource source, TimeProvider? time = null) =>
        Backend = new FakeBackend(source, time ?? Time, Logs.CreateLogger<FakeBackend>());

    public FakeTimeProvider Time { get; } = new();

    public TestLogs Logs { get; } = new();

    public FakeBackend Backend { get; }

    public Task<NodeReport> EnumerateAsync() => Backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();

    public async Task<GpuReadings> ReadAsync(int device = 0)
    {
        var report = await EnumerateAsync();
        return await Backend.ReadAsync(report.Devices[device], CancellationToken.None).DefaultTimeout();
    }

    /// <summary>Starts to watch; what it returns gives the next event.</summary>
    public Func<Task<GpuEvent>> Watch()
    {
        var watcher = Backend.WatchAsync(_ended.Token).GetAsyncEnumerator();
        _watchers.Add(watcher);
        var next = watcher.MoveNextAsync().AsTask();
        return async () =>
        {
            Assert.That(await next.DefaultTimeout(), Is.True);
            var item = watcher.Current;
            next = watcher.MoveNextAsync().AsTask();
            return item;
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        _ended.Dispose();
        Logs.Dispose();
    }
}
