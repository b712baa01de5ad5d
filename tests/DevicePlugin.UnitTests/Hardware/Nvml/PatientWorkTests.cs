using DevicePlugin.Gpu;
using DevicePlugin.Hardware;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PatientWorkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ObservedTimeProvider _time = new();
    private readonly GpuEventHub _hub = new();
    private readonly List<TaskCompletionSource> _begun = [];
    private readonly TaskCompletionSource _again = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PatientWork _work = null!;

    [SetUp]
    public void SetUp() => _work = new PatientWork(_hub, _time);

    [Test]
    public async Task RunAsync_InTime_IsDoneAndBeginsAnewTheNextTime()
    {
        var running = Run();
        _begun[0].SetResult();
        Assert.That(await running.DefaultTimeout(), Is.True);

        running = Run();
        _begun[1].SetResult();

        Assert.That(await running.DefaultTimeout(), Is.True);
    }

    [Test]
    public async Task RunAsync_Late_IsWaitedForByOneTaskAndToldOnce()
    {
        var watcher = _hub.Subscribe();
        Assert.That(await RunOutOfPatience(), Is.False);
        Assert.That(await RunOutOfPatience(), Is.False);
        Assert.That(_begun, Has.Count.EqualTo(1), "it goes on");

        _begun[0].SetResult();

        Assert.That(await watcher.Reader.ReadAsync().AsTask().DefaultTimeout(), Is.EqualTo(new GpuEvent(GpuEventKind.Inventory, null)));
        Assert.That(await Run().DefaultTimeout(), Is.True);
        Assert.That(_begun, Has.Count.EqualTo(1), "what it brought is taken");
        Assert.That(watcher.Reader.Count, Is.Zero);
    }

    [Test]
    public async Task Begin_WorkThatIsAskedForLater_IsNotBegunTwice()
    {
        _work.Begin(Begin);
        _work.Begin(Begin);
        Assert.That(_work.IsLate, Is.False);

        var running = Run();
        Assert.That(_begun, Has.Count.EqualTo(1));
        _begun[0].SetResult();

        Assert.That(await running.DefaultTimeout(), Is.True);
        Assert.That(_begun, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task RunAsync_LateAndStale_BeginsAnew()
    {
        Assert.That(await RunOutOfPatience(), Is.False);
        _begun[0].SetResult();

        var running = Run(isStale: true);
        _begun[1].SetResult();

        Assert.That(await running.DefaultTimeout(), Is.True);
    }

    [Test]
    public async Task RunAsync_StaleBeforeItEnds_BeginsAgainWhenItDoes()
    {
        Assert.That(await RunOutOfPatience(), Is.False);

        var running = Run(isStale: true);
        _begun[0].SetResult();
        await _again.Task.DefaultTimeout();
        Assert.That(running.IsCompleted, Is.False, "what began before is not what was asked for");
        _begun[1].SetResult();

        Assert.That(await running.DefaultTimeout(), Is.True);
    }

    [Test]
    public async Task RunAsync_LateAndFailed_TellsTheFailure()
    {
        Assert.That(await RunOutOfPatience(), Is.False);
        _begun[0].SetException(new NvmlException("nvmlDeviceGetCount_v2", NvmlReturn.Uninitialized));

        Assert.That(() => Run().DefaultTimeout(), Throws.TypeOf<NvmlException>());
    }

    private Task<bool> Run(bool isStale = false) => _work.RunAsync(Begin, () => isStale, Patience, CancellationToken.None);

    private async Task<bool> RunOutOfPatience()
    {
        var running = Run();
        await _time.NextTimer();
        _time.Advance(Patience);
        return await running.DefaultTimeout();
    }

    private Task Begin()
    {
        var work = new TaskCompletionSource();
        _begun.Add(work);
        if (_begun.Count == 2)
        {
            _again.SetResult();
        }

        return work.Task;
    }
}
