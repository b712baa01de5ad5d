using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>
/// The driver is closed while a call hangs: nothing is shut down or unmapped under it, and it is closed when the call is back.
/// With the build that really unmaps, a call that comes back into freed code ends the test run.
/// </summary>
[Platform("Linux")]
internal sealed class NvmlCloseTests
{
    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    private static readonly string[] Functions =
    [
        "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetCount", "nvmlDeviceGetMigMode", "nvmlDeviceRegisterEvents",
    ];

    [TestCaseSource(nameof(Functions))]
    public async Task Release_WhileACallHangs_UnmapsTheLibraryWhenItIsBack(string function)
    {
        await using var node = MockNode.Start(With(function), build: "unmap", MockNode.ShortWaits);
        var enumerating = node.Backend.EnumerateAsync(CancellationToken.None);
        await Eventually.BecomesTrue(() => node.CountCallsOf(NameOf(function)) > 0);

        await node.Backend.ReleaseAsync().DefaultTimeout();
        Assert.That(node.IsMapped, Is.True, "a thread is inside");
        Assert.That(node.Logs.Named("DriverStaysOpen").Count(), Is.EqualTo(1));

        node.Write(Healthy);
        await Eventually.BecomesTrue(() => !node.IsMapped);
        GC.KeepAlive(enumerating);
    }

    [Test]
    public async Task Release_WithoutACall_UnmapsTheLibraryBeforeItReturns()
    {
        await using var node = MockNode.Start(Healthy, build: "unmap", MockNode.ShortWaits);
        await node.EnumerateAsync();

        await node.Backend.ReleaseAsync().DefaultTimeout();

        Assert.That(node.IsMapped, Is.False);
        Assert.That(node.Logs.Named("DriverStaysOpen"), Is.Empty);
    }

    [Test]
    public async Task Reload_WhileACallHangs_IsSeenWhenTheCallIsBack()
    {
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits);
        var reading = await ReloadDuringAHangAsync(node);
        await AdvanceAsync(node, TimeSpan.FromSeconds(5));
        Assert.That((await node.EnumerateAsync()).Driver.IsLoaded, Is.False, "nobody has called nvmlShutdown yet");
        Assert.That(node.StuckCalls.MustRestart.IsCompleted, Is.False);

        // The clock stands still from here on.
        node.Write(Healthy);
        var after = await node.EnumerateUntilAsync(report => report.Driver.IsLoaded);

        Assert.That(after.Devices, Has.Length.EqualTo(8).And.All.Property(nameof(GpuDevice.Faults)).Empty);
        Assert.That(node.StuckCalls.MustRestart.IsCompleted, Is.False);
        await reading.DefaultTimeout();
    }

    [Test]
    public async Task Reload_WhileACallNeverReturns_AsksForANewProcess()
    {
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits);
        var reading = await ReloadDuringAHangAsync(node);
        await AdvanceAsync(node, StuckCalls.Pause * 2);

        Assert.That(await node.StuckCalls.MustRestart.DefaultTimeout(), Does.Contain("nvmlDeviceGetMemoryInfo_v2"));
        node.Write(Healthy);
        await reading.DefaultTimeout();
    }

    /// <summary>The driver is unloaded and loaded again while a reading of one GPU hangs.</summary>
    /// <returns>The reading that hangs.</returns>
    private static async Task<Task<GpuReadings>> ReloadDuringAHangAsync(MockNode node)
    {
        var device = (await node.EnumerateAsync()).Devices[1];
        var hanging = With("nvmlDeviceGetMemoryInfo", 1);
        node.Write(hanging);
        var reading = node.Backend.ReadAsync(device, CancellationToken.None);
        await Eventually.BecomesTrue(() => node.CountCallsOf("nvmlDeviceGetMemoryInfo_v2") > 8);

        node.Write(MockScenario.WithDriverState(hanging, "not_loaded"));
        await node.EnumerateUntilAsync(report => !report.Driver.IsLoaded);
        node.Write(hanging);
        return reading;
    }

    private static async Task AdvanceAsync(MockNode node, TimeSpan span)
    {
        for (var second = 0; second < span.TotalSeconds; second++)
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            await node.EnumerateAsync();
        }
    }

    private static string With(string function, int? gpu = null) => MockScenario.With(Healthy, root => root["calls"] =
        JsonNode.Parse(
            $$"""[{"id": "hangs", "function": "{{function}}", "hang": true{{(gpu is { } at ? $", \"gpu\": {at}" : "")}}}]"""));

    private static string NameOf(string function) => function switch
    {
        "nvmlDeviceGetHandleByIndex" or "nvmlDeviceGetCount" => $"{function}_v2",
        _ => function,
    };
}
