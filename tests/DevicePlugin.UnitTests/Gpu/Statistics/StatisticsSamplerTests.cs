using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Gpu.Statistics;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StatisticsSamplerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedBackend _backend = new() { Report = TestGpus.Report(TestGpus.Gpu(0), TestGpus.Gpu(1)) };
    private readonly CancellationTokenSource _stop = new();
    private TestLogs _logs = null!;
    private InventoryMonitor _monitor = null!;
    private StatisticsSampler _sampler = null!;

    [SetUp]
    public async Task SetUp()
    {
        _logs = new TestLogs();
        _monitor = new InventoryMonitor(_time, _logs.CreateLogger<InventoryMonitor>());
        _monitor.Configure(new MonitorSettings { OpenBackend = () => _backend });
        _sampler = new StatisticsSampler(_monitor, _time, _logs.CreateLogger<StatisticsSampler>());
        await using var inventories = _monitor.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        await inventories.MoveNextAsync().DefaultTimeout();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _stop.CancelAsync();
        await _sampler.DisposeAsync();
        await _monitor.DisposeAsync();
        _logs.Dispose();
        _stop.Dispose();
    }

    [Test]
    public async Task SampleAsync_FirstSample_ComesAtOnceWithEveryDevice()
    {
        _backend.Read = device => Task.FromResult(new GpuReadings { TemperatureC = 30 + device.Index });
        await using var stream = Open(Second);

        await stream.MoveNextAsync().DefaultTimeout();

        Assert.That(
            stream.Current.Inventory.Devices.Select(device => stream.Current.ReadingsOf(device).TemperatureC),
            Is.EqualTo(new int?[] { 30, 31 }));
        Assert.That(stream.Current.Timestamp, Is.EqualTo(_time.GetUtcNow()));
    }

    [Test]
    public async Task SampleAsync_EachInterval_ReadsOnce()
    {
        await using var stream = Open(Second);
        for (var sample = 1; sample <= 3; sample++)
        {
            await stream.MoveNextAsync().DefaultTimeout();
            Assert.That(_backend.Reads, Is.EqualTo(2 * sample));
            _time.Advance(Second);
        }
    }

    [Test]
    public async Task SampleAsync_Replicas_ReadTheirGpuOnce()
    {
        var rule = new SharingRule { Devices = [new DevicePattern("all")], Replicas = 100 };
        _monitor.Configure(new MonitorSettings { OpenBackend = () => _backend, Sharing = new SharingPolicy([rule]) });
        await using var inventories = _monitor.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        do
        {
            await inventories.MoveNextAsync().DefaultTimeout();
        }
        while (inventories.Current.Devices.Length < 200);
        await using var stream = Open(Second);

        await stream.MoveNextAsync().DefaultTimeout();

        Assert.That(stream.Current.Inventory.Devices, Has.Length.EqualTo(200));
        Assert.That(_backend.Reads, Is.EqualTo(2));
    }

    [Test]
    public async Task SampleAsync_SecondStreamInsideTheInterval_SharesTheSample()
    {
        await using var first = Open(Second);
        await first.MoveNextAsync().DefaultTimeout();
        _time.Advance(Second * 0.5);

        await using var second = Open(Second);
        await second.MoveNextAsync().DefaultTimeout();

        Assert.That(second.Current, Is.SameAs(first.Current));
        Assert.That(_backend.Reads, Is.EqualTo(2));
    }

    [TestCase(8.999, true)]
    [TestCase(9, false)]
    public async Task SampleAsync_SecondStream_SharesUpToNineTenthsOfItsInterval(double seconds, bool shares)
    {
        await using var first = Open(Second * 10);
        await first.MoveNextAsync().DefaultTimeout();
        _time.Advance(Second * seconds);

        await using var second = Open(Second * 10);
        await second.MoveNextAsync().DefaultTimeout();

        Assert.That(ReferenceEquals(second.Current, first.Current), Is.EqualTo(shares));
    }

    [Test]
    public async Task SampleAsync_SlowReading_IsAsOldAsItsBeginning()
    {
        var gate = new TaskCompletionSource<GpuReadings>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = new TaskCompletionSource();
        _backend.Read = _ =>
        {
            asked.TrySetResult();
            return gate.Task;
        };
        await using var first = Open(Second);
        var slow = first.MoveNextAsync();
        await asked.Task.DefaultTimeout();
        _time.Advance(Second * 0.5);
        gate.SetResult(GpuReadings.None);
        await slow.DefaultTimeout();
        _time.Advance(Second * 0.45);

        await using var second = Open(Second);
        await second.MoveNextAsync().DefaultTimeout();

        Assert.That(second.Current, Is.Not.SameAs(first.Current), "0.95 s after it began, though 0.45 s after it ended");
    }

    [Test]
    public async Task SampleAsync_OneDeviceThrows_TheOtherKeepsItsStatistics()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "ReadFailed");
        _backend.Read = device => device.Index == 0
            ? Task.FromException<GpuReadings>(new InvalidOperationException("broken"))
            : Task.FromResult(new GpuReadings { TemperatureC = 40 });
        await using var stream = Open(Second);

        await stream.MoveNextAsync().DefaultTimeout();

        var devices = stream.Current.Inventory.Devices;
        Assert.That(stream.Current.ReadingsOf(devices[0]), Is.EqualTo(GpuReadings.None));
        Assert.That(stream.Current.ReadingsOf(devices[1]).TemperatureC, Is.EqualTo(40));
        Assert.That(_logs.Named("ReadFailed").Single().Message, Does.Contain(devices[0].Gpu.Uuid));
    }

    [Test]
    public async Task SampleAsync_OneDeviceHangs_TheOtherIsOnTimeAndTheHangIsNotAskedAgain()
    {
        var time = new ObservedTimeProvider();
        var hang = new TaskCompletionSource<GpuReadings>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        _backend.Read = device =>
        {
            if (device.Index != 0)
            {
                return Task.FromResult(new GpuReadings { TemperatureC = 40 });
            }

            asked++;
            return hang.Task;
        };
        await using var sampler = new StatisticsSampler(_monitor, time, _logs.CreateLogger<StatisticsSampler>());
        await using var stream = sampler.SampleAsync(Second * 2, _stop.Token).GetAsyncEnumerator();

        var first = stream.MoveNextAsync();
        await time.NextTimer();
        await time.NextTimer();
        time.Advance(StatisticsSampler.DeviceLimit);
        await first.DefaultTimeout();
        var devices = stream.Current.Inventory.Devices;
        Assert.That(stream.Current.ReadingsOf(devices[0]), Is.EqualTo(GpuReadings.None));
        Assert.That(stream.Current.ReadingsOf(devices[1]).TemperatureC, Is.EqualTo(40));

        await NextAsync();
        Assert.That(asked, Is.EqualTo(1), "the device that hangs is neither asked again nor waited for");
        Assert.That(stream.Current.ReadingsOf(devices[1]).TemperatureC, Is.EqualTo(40));

        hang.SetResult(new GpuReadings { TemperatureC = 30 });
        while (asked == 1)
        {
            Assert.That(stream.Current.ReadingsOf(devices[0]), Is.EqualTo(GpuReadings.None), "what came late is old");
            await NextAsync();
        }

        Assert.That(stream.Current.ReadingsOf(devices[0]).TemperatureC, Is.EqualTo(30));

        async Task NextAsync()
        {
            var next = stream.MoveNextAsync();
            time.Advance(Second * 2);
            await next.DefaultTimeout();
        }
    }

    [Test]
    public async Task SampleAsync_WallClockSetBack_ReadsAnew()
    {
        var clock = new SteppingClock();
        await using var sampler = new StatisticsSampler(_monitor, clock, _logs.CreateLogger<StatisticsSampler>());
        await using var first = sampler.SampleAsync(Second, _stop.Token).GetAsyncEnumerator();
        await first.MoveNextAsync().DefaultTimeout();
        clock.SetBack(wall: TimeSpan.FromHours(1), elapsed: Second);

        await using var second = sampler.SampleAsync(Second, _stop.Token).GetAsyncEnumerator();
        await second.MoveNextAsync().DefaultTimeout();

        Assert.That(second.Current, Is.Not.SameAs(first.Current));
    }

    [Test]
    public async Task ReadShared_WhileAStreamIsOpen_IsTheStreamsOwnSampleForItsWholeInterval()
    {
        await using var stream = Open(Second * 10);
        await stream.MoveNextAsync().DefaultTimeout();
        var reads = _backend.Reads;

        _time.Advance(Second * 9);
        var shared = await _sampler.ReadSharedAsync().DefaultTimeout();

        Assert.That(shared, Is.SameAs(stream.Current));
        Assert.That(_backend.Reads, Is.EqualTo(reads));
    }

    [Test]
    public async Task ReadShared_WithoutStreams_ReadsOnceForAllWhoAskMeanwhile()
    {
        var gate = new TaskCompletionSource<GpuReadings>();
        _backend.Read = _ => gate.Task;
        var sampled = 0;
        _sampler.Sampled += _ => sampled++;

        var asked = Enumerable.Range(0, 50).Select(_ => _sampler.ReadSharedAsync()).ToList();
        gate.SetResult(GpuReadings.None);
        var samples = await Task.WhenAll(asked).DefaultTimeout();

        Assert.That(samples.Distinct().Count(), Is.EqualTo(1));
        Assert.That(_backend.Reads, Is.EqualTo(2), "once for each GPU");
        Assert.That(sampled, Is.EqualTo(1));
    }

    [Test]
    public async Task SampleAsync_ImpossibleValue_IsAbsentAndLoggedOnce()
    {
        _backend.Read = device => Task.FromResult(
            new GpuReadings { GpuUtilizationPercent = device.Index == 0 ? 808334 : 97, TemperatureC = 40 });
        await using var stream = Open(Second);
        for (var sample = 0; sample < 3; sample++)
        {
            await stream.MoveNextAsync().DefaultTimeout();
            var readings = stream.Current.Inventory.Devices.Select(stream.Current.ReadingsOf).ToList();
            Assert.That(readings[0], Is.EqualTo(new GpuReadings { TemperatureC = 40 }));
            Assert.That(readings[1], Is.EqualTo(new GpuReadings { GpuUtilizationPercent = 97, TemperatureC = 40 }));
            _time.Advance(Second);
        }

        Assert.That(
            _logs.Named("ImpossibleValue").Single().Message,
            Does.Contain(TestGpus.Gpu(0).Uuid).And.Contain("808334 %").And.Contain("GPU utilization"));
    }

    [Test]
    public async Task SampleAsync_CounterFalls_GoesOnFromThereAndIsLoggedOnce()
    {
        var replays = 0L;
        _backend.Read = device => Task.FromResult(new GpuReadings { PcieReplays = device.Index == 0 ? replays : 7 });
        await using var stream = Open(Second);
        foreach (var now in new[] { 500L, 3, 4, 1 })
        {
            replays = now;
            await stream.MoveNextAsync().DefaultTimeout();
            Assert.That(stream.Current.ReadingsOf(stream.Current.Inventory.Devices[0]).PcieReplays, Is.EqualTo(now));
            _time.Advance(Second);
        }

        Assert.That(
            _logs.Named("CounterFell").Single().Message, Does.Contain("PCIe replays").And.Contain("from 500 to 3"));
    }

    [Test]
    public async Task SampleAsync_ListenerThrows_TheStreamAndTheOtherListenersGoOn()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "ListenerFailed");
        var told = 0;
        _sampler.Sampled += _ => throw new InvalidOperationException("a page fails");
        _sampler.Sampled += _ => told++;
        await using var stream = Open(Second);

        for (var sample = 1; sample <= 2; sample++)
        {
            await stream.MoveNextAsync().DefaultTimeout();
            Assert.That(told, Is.EqualTo(sample));
            _time.Advance(Second);
        }

        Assert.That(_logs.Named("ListenerFailed").Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task Interval_IsTheShortestOfTheOpenStreams()
    {
        await using var slow = Open(Second * 10);
        await slow.MoveNextAsync().DefaultTimeout();
        Assert.That(_sampler.Interval, Is.EqualTo(Second * 10));

        var quick = Open(Second * 3);
        await quick.MoveNextAsync().DefaultTimeout();
        Assert.That(_sampler.Interval, Is.EqualTo(Second * 3));

        await quick.DisposeAsync();
        Assert.That(_sampler.Interval, Is.EqualTo(Second * 10));
    }

    [TestCase(0, 1000)]
    [TestCase(-5000, 1000)]
    [TestCase(1, 100)]
    [TestCase(1500, 1500)]
    [TestCase(1e12, 24 * 3600 * 1000)]
    public void Bound_AnyInterval_IsUsable(double asked, double used) =>
        Assert.That(
            StatisticsSampler.Bound(TimeSpan.FromMilliseconds(asked)), Is.EqualTo(TimeSpan.FromMilliseconds(used)));

    private IAsyncEnumerator<StatisticsSample> Open(TimeSpan interval) =>
        _sampler.SampleAsync(interval, _stop.Token).GetAsyncEnumerator();

    /// <summary>A clock whose wall time can be set back while its monotonic time goes on.</summary>
    private sealed class SteppingClock : FakeTimeProvider
    {
        private long _monotonic;

        public DateTimeOffset WallClock { get; private set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => WallClock;

        public override long GetTimestamp() => _monotonic;

        public void SetBack(TimeSpan wall, TimeSpan elapsed)
        {
            WallClock -= wall;
            _monotonic += elapsed.Ticks;
        }
    }
}
