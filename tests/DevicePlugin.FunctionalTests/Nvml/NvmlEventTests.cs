using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>Drivers whose event functions fail, block, or know other types.</summary>
[Platform("Linux")]
internal sealed class NvmlEventTests
{
    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    [Test]
    public async Task LossThatLasts_OfOneGpu_DoesNotKeepTheXidsOfTheOthers()
    {
        var scenario = MockScenario.WithQuirk(Healthy, "loss_lasts", true);
        await using var node = MockNode.Start(scenario);
        var uuid = (await node.EnumerateAsync()).Devices[4].Uuid;
        var lost = MockScenario.WithGpu(scenario, 2, "state", "lost");
        node.Write(lost);
        await node.EnumerateUntilAsync(current => current.Devices[2].Fault?.Kind == DeviceFaultKind.Lost);

        await Eventually.BecomesTrue(() => node.Logs.Named("EventWaitFailed").Any());
        await using var events = node.Backend.WatchAsync(CancellationToken.None).GetAsyncEnumerator();
        node.Write(MockScenario.With(lost, root => root["timeline"] = JsonNode.Parse(
            """[{"id": "x", "at": 0, "gpu": 4, "event": {"type": "xid", "data": 79}}]""")));

        Assert.That(await FirstXidAsync(events), Is.EqualTo(new GpuEvent(GpuEventKind.Xid, uuid, 79)));
        Assert.That(node.Logs.Named("EventWaitFailed").Count(), Is.EqualTo(1));

        node.Write(scenario);
        await node.EnumerateUntilAsync(current =>
            current.Devices[2] is { Fault: null, Unmonitored: null });
    }

    [Test]
    public async Task TypesNewerThanTheDriver_TheXidsAloneAreRegistered()
    {
        var scenario = MockScenario.WithQuirk(Healthy, "known_event_types", 8);
        await using var node = MockNode.Start(MockScenario.With(scenario, root => root["timeline"] = JsonNode.Parse(
            """[{"id": "x", "at": 0.3, "gpu": 4, "event": {"type": "xid", "data": 79}}]""")));
        await using var events = node.Backend.WatchAsync(CancellationToken.None).GetAsyncEnumerator();

        var report = await node.EnumerateAsync();

        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Unmonitored)).Null);
        Assert.That((await FirstXidAsync(events)).GpuUuid, Is.EqualTo(report.Devices[4].Uuid));
    }

    [Test]
    public async Task NoTypesAtAll_IsUnmonitoredWithThatReasonAndNotWaitedFor()
    {
        await using var node = MockNode.Start(MockScenario.WithQuirk(Healthy, "event_types", 0));

        var report = await node.EnumerateAsync();
        await node.EnumerateAsync();

        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Unmonitored))
            .EqualTo("nvmlDeviceGetSupportedEventTypes offers no XIDs"));
        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(node.CountCallsOf("nvmlEventSetWait_v2"), Is.Zero);
        Assert.That(node.CountCallsOf("nvmlEventSetCreate"), Is.Zero);
    }

    [Test]
    public async Task SuccessAtOnceWithoutAnEvent_IsUnmonitored_AndNotAskedForInALoop()
    {
        await using var node = MockNode.Start(MockScenario.WithCall(Healthy, "nvmlEventSetWait", gpu: null, """{"return": "SUCCESS"}"""));

        var report = await node.EnumerateUntilAsync(current => current.Devices.All(device => device.Unmonitored is not null));

        Assert.That(
            report.Devices.Select(device => device.Unmonitored), Is.All.EqualTo("nvmlEventSetWait_v2 answered SUCCESS without an event"));
        Assert.That(node.CountCallsOf("nvmlEventSetWait_v2"), Is.LessThan(100));
    }

    [Test]
    public async Task RegistrationThatBlocksDuringAWait_HoldsUpNoGpu()
    {
        // A wait lasts 5 s by the real clock. Far more than a call may take passes on the manual clock meanwhile.
        await using var node = MockNode.Start(MockScenario.WithQuirk(Healthy, "registration_blocks", true));

        var report = await node.EnumerateWhileTimePassesUntilAsync(_ => true);

        Assert.That(report.Devices, Has.Length.EqualTo(8).And.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(report.Devices, Has.All.Property(nameof(GpuDevice.Unmonitored)).Null);
    }

    private static async Task<GpuEvent> FirstXidAsync(IAsyncEnumerator<GpuEvent> events)
    {
        while (await events.MoveNextAsync().AsTask().DefaultTimeout())
        {
            if (events.Current.Kind == GpuEventKind.Xid)
            {
                return events.Current;
            }
        }

        throw new AssertionException("the events ended");
    }
}
