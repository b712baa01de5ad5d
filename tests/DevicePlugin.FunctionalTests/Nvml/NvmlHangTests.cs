using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>
/// A call that never returns, in each part of the work: it keeps its thread, and whoever does not need it goes on.
/// </summary>
[Platform("Linux")]
internal sealed class NvmlHangTests
{
    private const int Sick = 1;
    private const string FirstOfSample = "nvmlDeviceGetFieldValues";

    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    [TestCase("nvmlDeviceGetMigMode")]
    [TestCase("nvmlDeviceGetFieldValues")]
    public async Task Refresh_OfAKnownGpuHangs_TheNextReportOfTheOthersIsOnTime(string function)
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;
        node.Write(With(function, Sick));
        var late = await EnumerateUntilAsync(node, current => current.Unread.Length == 1);
        Assert.That(late.Devices, Is.EqualTo(before), "the report did not wait for the deadline");

        // Another GPU changes meanwhile.
        node.Write(MockScenario.WithGpu(With(function, Sick), 4, "state", "reset_required"));
        var report = await EnumerateUntilAsync(node, current => !current.Devices[4].Faults.IsEmpty);
        Assert.That(report.Unread, Is.EqualTo(new[] { before[Sick].Uuid }));
        Assert.That(report.Devices[Sick], Is.EqualTo(before[Sick]));

        report = await EnumerateUntilAsync(node, current => !current.Devices[Sick].Faults.IsEmpty);
        Assert.That(report.Unread, Is.Empty);
        Assert.That(report.Devices[Sick].Faults.Single(), Is.EqualTo(
            new DeviceFault(DeviceFaultKind.Unresponsive, $"{function} did not return within 10 s.")));

        node.Write(Healthy);
        report = await EnumerateUntilAsync(node, current => current.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(report.Devices, Is.EqualTo(before));
    }

    [Test]
    public async Task Events_RegistrationHangs_ItsGpuIsUnresponsiveAndTheOthersAreServed()
    {
        await using var node = MockNode.Start(With("nvmlDeviceRegisterEvents", Sick));

        var report = await EnumerateUntilAsync(node, current => current.Devices.Length == 8);

        Assert.That(report.Devices[Sick].Faults.Single().Evidence, Does.StartWith("nvmlDeviceRegisterEvents did not return"));
        Assert.That(report.Devices.RemoveAt(Sick), Has.All.Property(nameof(GpuDevice.Faults)).Empty);
        node.Write(Healthy);
        await EnumerateUntilAsync(node, current => current.Devices.All(device => device.Faults.IsEmpty));
    }

    [Test]
    public async Task Handle_SearchHangs_ItsGpuIsUnresponsiveAndTheOthersAreServed()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        // A GPU that is well is not searched for.
        node.Write(MockScenario.WithGpu(With("nvmlDeviceGetHandleByIndex", Sick), Sick, "state", "lost"));
        var report = await EnumerateUntilAsync(
            node, current => current.Devices[Sick].Faults is [{ Kind: DeviceFaultKind.Unresponsive }]);

        Assert.That(
            report.Devices[Sick].Faults.Single().Evidence,
            Is.EqualTo("nvmlDeviceGetHandleByIndex_v2 did not return within 10 s."));
        Assert.That(report.Devices.RemoveAt(Sick), Is.EqualTo(before.RemoveAt(Sick)));
        Assert.That((await node.ReadAsync(before[0])).TemperatureC, Is.Not.Null);

        node.Write(Healthy);
        await EnumerateUntilAsync(node, current => current.Devices.All(device => device.Faults.IsEmpty));
    }

    [Test]
    public async Task Search_HangsAtOneGpu_ThoseBeforeItAreReadMeanwhile()
    {
        await using var node = MockNode.Start(MockScenario.WithCall(
            Healthy, "nvmlDeviceGetHandleByIndex", 5, """{"hang": true}"""));

        // The clock stands still, so that nobody has lost patience with the search.
        var enumeration = node.EnumerateAsync();
        await Eventually.BecomesTrue(() => node.CountCallsOf("nvmlDeviceGetMigMode") == 5);
        Assert.That(enumeration.IsCompleted, Is.False);
        await Eventually.BecomesTrue(() =>
        {
            node.Time.Advance(enumeration.IsCompleted ? TimeSpan.Zero : TimeSpan.FromMilliseconds(100));
            return enumeration.IsCompleted;
        });

        var report = await enumeration;
        Assert.That(report.IsPartial, Is.True);
        Assert.That(report.Devices, Has.Length.EqualTo(5).And.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(node.Logs.Named("GpusNotReadYet").Single().Message, Does.Contain("3 of 8"));
        node.Write(Healthy);
    }

    [Test]
    public async Task Count_Hangs_TheKnownGpusAreServedWithOneWarning()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        node.Write(With("nvmlDeviceGetCount", gpu: null));
        await EnumerateUntilAsync(node, _ => node.Logs.Named("CountUnknown").Any());
        var report = await EnumerateUntilAsync(node, _ => true);

        Assert.That(report.Devices, Is.EqualTo(before));
        Assert.That(report.Driver.IsLoaded, Is.True);
        Assert.That(
            node.Logs.Named("CountUnknown").Single().Message, Does.Contain("nvmlDeviceGetCount_v2 did not return within 10 s"));

        node.Write(MockScenario.WithGpu(Healthy, 3, "present", false));
        await EnumerateUntilAsync(node, current => current.Devices.Length == 7);
    }

    [Test]
    public async Task Init_Hangs_IsADriverThatFailedAndComesBack()
    {
        await using var node = MockNode.Start(With("nvmlInit", gpu: null));

        var report = await EnumerateUntilAsync(node, _ => true);

        Assert.That(report.Driver.State, Is.EqualTo(DriverState.Failed));
        Assert.That(report.Driver.Reason, Is.EqualTo("nvmlInit_v2 did not return within 10 s"));
        Assert.That(report.Driver.IsUnresponsive, Is.True);
        node.Write(Healthy);
        await EnumerateUntilAsync(node, current => current.Devices.Length == 8);
    }

    [Test]
    public async Task Lock_HeldByAHang_TheGpuOfThatCallIsBlamedAndTheOthersAreNotRead()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        node.Write(With("nvmlDeviceGetMemoryInfo", Sick, holdsLock: true));
        var sample = node.Backend.ReadAsync(before[Sick], CancellationToken.None);
        await Eventually.BecomesTrue(() => node.CountCallsOf("nvmlDeviceGetMemoryInfo_v2") > before.Length);

        // The calls of the others begin clearly later.
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var report = await EnumerateUntilAsync(node, current => !current.Devices[Sick].Faults.IsEmpty);
        Assert.That(report.Devices[Sick].Faults.Single(), Is.EqualTo(
            new DeviceFault(DeviceFaultKind.Unresponsive, "nvmlDeviceGetMemoryInfo_v2 did not return within 10 s.")));

        // Past every deadline, the search for the sick one included.
        var end = node.Time.GetUtcNow() + TimeSpan.FromSeconds(30);
        report = await EnumerateUntilAsync(node, _ =>
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            return node.Time.GetUtcNow() > end;
        });
        Assert.That(report.Driver.IsLoaded, Is.True);
        Assert.That(report.Devices.RemoveAt(Sick).SelectMany(device => device.Faults), Is.Empty);
        Assert.That(report.Devices.RemoveAt(Sick), Is.EqualTo(before.RemoveAt(Sick)));
        Assert.That(report.Unread, Is.EqualTo(before.RemoveAt(Sick).Select(device => device.Uuid)));
        Assert.That(node.Logs.Named("GpuWaits").Count(), Is.EqualTo(7));
        Assert.That(node.Logs.Named("GpuWaits").First().Message, Does.Contain("waits for nvmlDeviceGetMemoryInfo_v2 (GPU 1)"));

        node.Write(Healthy);
        report = await EnumerateUntilAsync(
            node, current => current.Unread.IsEmpty && current.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(report.Devices, Is.EqualTo(before));
        await sample.DefaultTimeout();
    }

    [Test]
    public async Task Lock_HeldByOneOfCallsThatBeganTogether_NoGpuIsBlamed()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        // The clock stands still meanwhile, and the calls have equal time stamps.
        node.Write(With(FirstOfSample, Sick, holdsLock: true));
        await SampleUntilBlockedAsync(node, before, Sick);
        await SampleUntilBlockedAsync(node, before, 4);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        var report = await EnumerateUntilAsync(node, current => !current.Devices[Sick].Faults.IsEmpty);

        Assert.That(report.Devices[Sick].Fault?.Kind, Is.EqualTo(DeviceFaultKind.DriverUnresponsive));
        Assert.That(report.Devices[Sick].Fault?.Evidence, Is.EqualTo(
            $"{FirstOfSample} (GPU 1, 4) did not return within 10 s, and any of them may block the driver."));
        Assert.That(report.Devices[4].Faults, Is.EqualTo(report.Devices[Sick].Faults));
        var others = before.RemoveAt(4).RemoveAt(Sick);
        Assert.That(report.Devices.RemoveAt(4).RemoveAt(Sick), Is.EqualTo(others));
        Assert.That(report.Unread, Is.EqualTo(others.Select(device => device.Uuid)));

        node.Write(Healthy);
        report = await EnumerateUntilAsync(
            node, current => current.Unread.IsEmpty && current.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(report.Devices, Is.EqualTo(before));
    }

    [Test]
    public async Task Lock_HeldByTheCount_NoGpuIsBlamed()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        node.Write(With("nvmlDeviceGetCount", gpu: null, holdsLock: true));
        var report = await EnumerateUntilAsync(node, current => current.Devices.All(device => !device.Faults.IsEmpty));

        Assert.That(report.Devices.Select(device => device.Fault!.Kind), Is.All.EqualTo(DeviceFaultKind.DriverUnresponsive));
        Assert.That(report.Devices.Select(device => device.Fault!.Evidence), Is.All.Contains("nvmlDeviceGetCount_v2"));
        node.Write(Healthy);
        report = await EnumerateUntilAsync(node, current => current.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(report.Devices, Is.EqualTo(before));
    }

    [Test]
    public async Task Lock_HeldDuringTheFirstSearch_NoGpuIsBlamed()
    {
        // What holds it is a call for a GPU that the search comes to last.
        await using var node = MockNode.Start(With("nvmlDeviceGetMigMode", Sick, holdsLock: true));

        var report = await EnumerateUntilAsync(node, current => current.Unidentified
            .Any(gpu => gpu.Fault.Kind == DeviceFaultKind.Unresponsive) || !current.Devices.IsEmpty);

        // It began clearly before the others or it did not: in either case only it may be named.
        var blamed = report.Unidentified.Where(gpu => gpu.Fault.Kind == DeviceFaultKind.Unresponsive).Select(gpu => gpu.Uuid)
            .Concat(report.Devices.Where(device => device.Fault?.Kind == DeviceFaultKind.Unresponsive).Select(device => device.Uuid));
        Assert.That(blamed, Is.SubsetOf(new[] { Healthy.UuidOf(Sick) }));
        node.Write(Healthy);
        await EnumerateUntilAsync(
            node, current => current.Devices.Length == 8 && current.Devices.All(device => device.Faults.IsEmpty));
    }

    [Test]
    public async Task Driver_UnloadedWhileTheLockIsHeld_NoGpuIsBlamedForTheInit()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;
        var hanging = With(FirstOfSample, Sick, holdsLock: true);
        node.Write(hanging);
        await SampleUntilBlockedAsync(node, before, Sick);
        node.Time.Advance(TimeSpan.FromSeconds(1));

        node.Write(MockScenario.WithDriverState(hanging, "not_loaded"));
        var report = await EnumerateUntilAsync(
            node, current => current.Devices.Any(device => device.Fault?.Evidence.Contains("nvmlInit", StringComparison.Ordinal) == true));

        Assert.That(report.Devices.Select(device => device.Fault!.Kind), Is.All.EqualTo(DeviceFaultKind.DriverUnresponsive));
        Assert.That(report.Driver.IsUnresponsive, Is.True);
        Assert.That(report.Driver.Reason, Does.StartWith("nvmlInit_v2 did not return within 10 s"));
        node.Write(Healthy);
        report = await EnumerateUntilAsync(
            node, current => current.Devices.Length == 8 && current.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(report.Devices.Select(device => device.Uuid), Is.EqualTo(before.Select(device => device.Uuid)));
    }

    [Test]
    public async Task Refresh_OfTwoGpusHangsWithoutTheLockAtTheSameTime_BothAreUnresponsive()
    {
        await using var node = MockNode.Start(Healthy);
        var before = (await node.EnumerateAsync()).Devices;

        node.Write(MockScenario.WithCall(With(FirstOfSample, Sick), FirstOfSample, 4, """{"hang": true}"""));
        await SampleUntilBlockedAsync(node, before, Sick);
        await SampleUntilBlockedAsync(node, before, 4);
        var report = await EnumerateUntilAsync(
            node, current => !current.Devices[Sick].Faults.IsEmpty && !current.Devices[4].Faults.IsEmpty);

        Assert.That(
            new[] { report.Devices[Sick], report.Devices[4] }.Select(device => device.Fault),
            Is.All.EqualTo(new DeviceFault(
                DeviceFaultKind.Unresponsive, $"{FirstOfSample} did not return within 10 s.")), "the others answer");
        node.Write(Healthy);
        await EnumerateUntilAsync(node, current => current.Devices.All(device => device.Faults.IsEmpty));
    }

    [Test]
    public async Task EventWait_Hangs_ItsGpuIsUnmonitoredUntilItReturns()
    {
        await using var node = MockNode.Start(
            With("nvmlEventSetWait", gpu: null), options: new NvmlOptions { CallTimeout = TimeSpan.FromMilliseconds(100) });

        var report = await node.EnumerateUntilAsync(
            current => current.Devices.Length == 8 && current.Devices.All(device => device.Unmonitored is not null));

        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(report.Devices.Select(device => device.Unmonitored), Is.All.Match("^nvmlEventSetWait_v[12] did not return within 0.15 s$"));
        node.Write(Healthy);
        await node.EnumerateUntilAsync(current => current.Devices.All(device => device.Unmonitored is null));
    }

    [Test]
    public async Task EventWait_HoldsTheLock_NoOtherGpuIsBlamed_HoweverShortTheCallTimeout()
    {
        // The events of one GPU only, so that it is known whose wait hangs.
        var scenario = Enumerable.Range(0, 8).Where(gpu => gpu != Sick).Aggregate(Healthy, (current, gpu) =>
            MockScenario.WithCall(current, "nvmlDeviceGetSupportedEventTypes", gpu, """{"return": "NOT_SUPPORTED"}"""));
        await using var node = MockNode.Start(
            scenario, options: new NvmlOptions { CallTimeout = TimeSpan.FromSeconds(1) }, time: TimeProvider.System);
        var before = (await node.EnumerateUntilAsync(current => current is { IsPartial: false, Devices.Length: 8 })).Devices;

        node.Write(MockScenario.WithCall(scenario, "nvmlEventSetWait", gpu: null, """{"hang": true, "holds_lock": true}"""));

        // A call of another GPU that begins clearly before those of the rest.
        await SampleUntilBlockedAsync(node, before, 4);
        var begun = Stopwatch.GetTimestamp();
        await Eventually.BecomesTrue(() => Stopwatch.GetElapsedTime(begun) > CallOrder.Gap);
        await node.EnumerateUntilAsync(current =>
        {
            var blamed = current.Devices.Where(device => device.Fault?.Kind == DeviceFaultKind.Unresponsive);
            Assert.That(blamed.Select(device => device.Uuid), Is.SubsetOf(new[] { before[Sick].Uuid }));
            return current.Unread.Length + current.Devices.Count(device => device.Fault is not null) == 8;
        });

        node.Write(scenario);
        await node.EnumerateUntilAsync(current =>
            current.Unread.IsEmpty && current.Devices.All(device => device.Faults.IsEmpty) && current.Devices[Sick].Unmonitored is null);
    }

    [Test]
    public async Task Refresh_OfTwoGpusHangsWithoutTheLock_BothAreUnresponsive()
    {
        await using var node = MockNode.Start(Healthy);
        await node.EnumerateAsync();

        node.Write(With("nvmlDeviceGetFieldValues", Sick));
        await EnumerateUntilAsync(node, current => !current.Devices[Sick].Faults.IsEmpty);
        node.Write(MockScenario.WithCall(With("nvmlDeviceGetFieldValues", Sick), "nvmlDeviceGetMigMode", 4, """{"hang": true}"""));
        var report = await EnumerateUntilAsync(node, current => !current.Devices[4].Faults.IsEmpty);

        Assert.That(report.Devices[4].Fault?.Evidence, Is.EqualTo("nvmlDeviceGetMigMode did not return within 10 s."));
        Assert.That(report.Devices[Sick].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Unresponsive));
        node.Write(Healthy);
    }

    [Test]
    public async Task FirstReading_OfOneGpuHangs_TheReportHasTheOthersInTimeForTheFirstMessage()
    {
        await using var node = MockNode.Start(With("nvmlDeviceGetFieldValues", Sick));
        var begun = node.Time.GetUtcNow();

        var report = await EnumerateUntilAsync(node, _ => true);

        Assert.That(node.Time.GetUtcNow() - begun, Is.LessThan(InventoryMonitor.FirstMessageDeadline));
        Assert.That(report.Devices, Has.Length.EqualTo(7).And.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(report.IsPartial, Is.True);
        Assert.That(report.Unread, Is.Empty);
        Assert.That(report.Unidentified.Single().Fault.Kind, Is.EqualTo(DeviceFaultKind.NotRead));
        Assert.That(report.Unidentified.Single().Uuid, Is.EqualTo(Healthy.UuidOf(Sick)));
        Assert.That(report.Unidentified.Single().Model, Is.EqualTo(report.Devices[0].Name));

        report = await EnumerateUntilAsync(node, current => current.Devices.Length == 8);
        Assert.That(report.IsPartial, Is.False);
        Assert.That(report.Devices[Sick].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Unresponsive));
        node.Write(Healthy);
    }

    [Test]
    public async Task Refresh_OfManySlowCalls_IsSlowAndNotSick()
    {
        // A reading takes about a hundred calls.
        var slow = MockScenario.With(Healthy, root => root["calls"] = JsonNode.Parse(
            """[{"id": "slow", "function": "nvmlDevice*", "delay_ms": 30}]"""));
        await using var node = MockNode.Start(slow);

        var report = await EnumerateUntilAsync(node, current =>
        {
            Assert.That(current.Devices.SelectMany(device => device.Faults), Is.Empty);
            return current.Devices.Length == 8 && !current.IsPartial;
        });

        Assert.That(report.Unidentified, Is.Empty);
    }

    [Test]
    public async Task Init_ReturnsLate_IsToldAtOnce()
    {
        await using var node = MockNode.Start(With("nvmlInit", gpu: null));
        await using var events = node.Backend.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = events.MoveNextAsync().AsTask();
        Assert.That((await EnumerateUntilAsync(node, _ => true)).Driver.State, Is.EqualTo(DriverState.Failed));
        Assert.That(next.IsCompleted, Is.False);

        // The clock stands still from here on.
        node.Write(Healthy);

        Assert.That(await next.DefaultTimeout(), Is.True);
        Assert.That((await node.EnumerateAsync()).Devices, Has.Length.EqualTo(8));
    }

    [Test]
    public async Task Events_RefusedByOneGpu_ItAloneIsUnmonitored()
    {
        await using var node = MockNode.Start(
            MockScenario.WithCall(Healthy, "nvmlDeviceRegisterEvents", Sick, """{"return": "UNKNOWN"}"""));

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices[Sick].Unmonitored, Is.EqualTo("nvmlDeviceRegisterEvents answered UNKNOWN"));
        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(report.Devices.RemoveAt(Sick), Has.All.Property(nameof(GpuDevice.Unmonitored)).Null);
        Assert.That(node.Logs.Named("NoEvents").Count(), Is.EqualTo(1));

        node.Write(Healthy);
        await node.EnumerateUntilAsync(current => current.Devices[Sick].Unmonitored is null);
    }

    private static string With(string function, int? gpu, bool holdsLock = false) => MockScenario.With(Healthy, root =>
    {
        var call = new JsonObject { ["id"] = "hangs", ["function"] = function, ["hang"] = true, ["holds_lock"] = holdsLock };
        if (gpu is not null)
        {
            call["gpu"] = gpu;
        }

        root["calls"] = new JsonArray(call);
    });

    /// <summary>Begins a sample of a GPU, whose first call does not return.</summary>
    private static async Task SampleUntilBlockedAsync(MockNode node, ImmutableArray<GpuDevice> devices, int gpu)
    {
        var before = node.CountCallsOf(FirstOfSample);
        _ = node.Backend.ReadAsync(devices[gpu], CancellationToken.None);
        await Eventually.BecomesTrue(() => node.CountCallsOf(FirstOfSample) > before);
    }

    private static Task<NodeReport> EnumerateUntilAsync(MockNode node, Func<NodeReport, bool> expected) =>
        node.EnumerateWhileTimePassesUntilAsync(expected);
}
