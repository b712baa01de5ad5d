using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>
/// A call that never returns, in each part of the work: it keeps its thread, and whoever does not need it goes on.
/// </summary>
[Platform("Linux")]
internal sealed class NvmlHangTests
{
    private const int Sick = 1;

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
        node.Write(Healthy);
        await EnumerateUntilAsync(node, current => current.Devices.Length == 8);
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

    private static string With(string function, int? gpu) => MockScenario.With(Healthy, root =>
    {
        var call = new JsonObject { ["id"] = "hangs", ["function"] = function, ["hang"] = true };
        if (gpu is not null)
        {
            call["gpu"] = gpu;
        }

        root["calls"] = new JsonArray(call);
    });

    /// <summary>At a pace that leaves the calls that answer inside the deadlines, which are on the same clock.</summary>
    private static async Task<NodeReport> EnumerateUntilAsync(MockNode node, Func<NodeReport, bool> expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var report = node.Backend.EnumerateAsync(CancellationToken.None);
            await Eventually.BecomesTrue(() =>
            {
                node.Time.Advance(report.IsCompleted ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50));
                return report.IsCompleted;
            });
            if (expected(await report))
            {
                return await report;
            }
        }
    }
}
