using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>Health as Nomad sees it, while all three calls run.</summary>
internal sealed class HealthServingTests
{
    private static readonly string[] Fit = ["", ""];

    [Test]
    public async Task Xid_WhileRunning_OneGpuIsUnhealthyUntilTheDriverWasLoadedAnew()
    {
        await using var node = await StartAsync("""
            {"id": "x", "at": 10, "gpu": "GPU-b", "event": {"type": "xid", "data": 79}},
            {"id": "y", "at": 10, "gpu": "GPU-a", "event": {"type": "xid", "data": 31}},
            {"id": "unload", "at": 60, "driver": {"state": "not_loaded"}},
            {"id": "load", "at": 90, "driver": {"state": "loaded"}}
            """);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        using var stats = node.Device.Stats(new StatsRequest());
        Assert.That(Causes(await NextAsync(fingerprint)), Is.EqualTo(Fit));
        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);

        node.Time.Advance(TimeSpan.FromSeconds(10));
        const string Cause = "XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:00:10Z";
        Assert.That(Causes(await NextAsync(fingerprint)), Is.EqualTo(new[] { "", Cause }));
        Assert.That(await SummaryAsync(node, stats, "GPU-b"), Is.EqualTo(Cause));

        var refused = await Assert.ThrowsAsync<RpcException>(() => ReserveAsync(node, "GPU-a", "GPU-b"));
        Assert.That(refused!.Status.Detail, Is.EqualTo($"unhealthy device IDs: GPU-b ({Cause})"));
        await ReserveAsync(node, "GPU-a");

        node.Time.Advance(TimeSpan.FromSeconds(50));
        var unloaded = Causes(await NextAsync(fingerprint));
        Assert.That(unloaded[0], Does.StartWith("GPU is gone: nvmlInit answered DRIVER_NOT_LOADED; "));
        Assert.That(unloaded[1], Is.EqualTo(Cause), "the text stays that of the onset");

        node.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(Causes(await NextAsync(fingerprint)), Is.EqualTo(Fit));
        await ReserveAsync(node, "GPU-b");
    }

    [Test]
    public async Task Reserve_UnhealthyIsAllowed_HandsItOut()
    {
        await using var node = await StartAsync(
            """{"id": "x", "at": 10, "gpu": "GPU-b", "set": {"state": "lost"}}""",
            """, "reserve": {"allow_unhealthy": true}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await NextAsync(fingerprint);
        node.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(Causes(await NextAsync(fingerprint))[1], Does.StartWith("GPU is lost: "));

        await ReserveAsync(node, "GPU-b");
    }

    [Test]
    public async Task ObserveOnly_Xid_IsToldAndTheGpuIsOfferedAndReserved()
    {
        await using var node = await StartAsync(
            """{"id": "x", "at": 10, "gpu": "GPU-b", "event": {"type": "xid", "data": 79}}""",
            """, "health": {"observe_only": true}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await NextAsync(fingerprint);

        node.Time.Advance(TimeSpan.FromSeconds(10));

        var devices = (await NextAsync(fingerprint)).DeviceGroup.Single();
        Assert.That(devices.Devices.Select(device => device.Healthy), Is.All.True);
        Assert.That(devices.Attributes["devices_healthy"].IntVal, Is.EqualTo(2));
        Assert.That(devices.Devices[1].HealthDescription, Is.EqualTo(
            "not withheld: XID 79: GPU has fallen off the bus; reboot the node. Since 2026-11-23T03:00:10Z"));
        await ReserveAsync(node, "GPU-a", "GPU-b");
    }

    [Test]
    public async Task Xids_OfTheConfiguration_ChangeTheTable()
    {
        await using var node = await StartAsync(
            """
            {"id": "x", "at": 10, "gpu": "GPU-a", "event": {"type": "xid", "data": 79}},
            {"id": "y", "at": 10, "gpu": "GPU-b", "event": {"type": "xid", "data": 31}}
            """,
            """, "health": {"ignored_xids": [79], "critical_xids": [31]}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await NextAsync(fingerprint);

        node.Time.Advance(TimeSpan.FromSeconds(10));

        var causes = Causes(await NextAsync(fingerprint));
        Assert.That(causes[0], Is.Empty);
        Assert.That(causes[1], Does.StartWith("XID 31: memory page fault; drain the GPU and reset it. Since "));
    }

    [Test]
    public async Task MaintenanceFile_WhileItExists_EveryGpuIsUnhealthyWithItsText()
    {
        await using var node = await StartAsync("");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await NextAsync(fingerprint);

        var path = node.WriteFile("maintenance", "driver upgrade\n");
        var next = NextAsync(fingerprint);
        node.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(Causes(await next), Has.Exactly(2).StartsWith("maintenance: driver upgrade; "));

        File.Delete(path);
        next = NextAsync(fingerprint);
        node.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(Causes(await next), Is.EqualTo(Fit));
    }

    [Test]
    public async Task SickNode_EachFault_IsToldOnItsOwnGpu()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "fake": {"scenario": "sick"}}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That(Causes(await NextAsync(fingerprint)).Select(cause => cause.Split(':')[0]), Is.EqualTo(new[]
        {
            "", "GPU is lost", "GPU reset required", "GPU needs a recovery", "uncorrectable ECC errors",
            "row remap or page retirement pending", "row remap failed", "InfoROM is corrupt",
            "external power is insufficient", "NVLink fabric is unhealthy", "NVLink fabric is unhealthy",
            "GPU does not answer", "GPU cannot be read", "",
        }));

        node.Time.Advance(TimeSpan.FromSeconds(5));

        var causes = Causes(await NextAsync(fingerprint));
        Assert.That(causes[^1], Does.StartWith("XID 79"));
        Assert.That(causes.Skip(1), Has.All.Contains("; ").And.All.Contains(". Since 2026-11-23T03:00:0"));
    }

    private static async Task<ServedNode> StartAsync(string timeline, string config = "")
    {
        var node = await ServedNode.StartAsync();
        var scenario = node.WriteFile("node.json", $$$"""
            {
              "description": "Two GPUs",
              "driver": {"state": "loaded", "version": "580.105.08", "cuda_version": "13.0"},
              "gpus": [
                {"identity": {"uuid": "GPU-a", "name": "NVIDIA L4"}, "pci": {"bus_id": "00000000:01:00.0"}},
                {"identity": {"uuid": "GPU-b", "name": "NVIDIA L4"}, "pci": {"bus_id": "00000000:02:00.0"}}
              ],
              "timeline": [{{{timeline}}}]
            }
            """);
        var maintenance = Path.Combine(Path.GetDirectoryName(scenario)!, "maintenance");
        await node.ConfigureAsync(
            $$"""
            {"backend": "fake", "maintenance_file": "{{maintenance}}", "fake": {"scenario": "{{scenario}}" }{{config}} }
            """);
        return node;
    }

    private static List<string> Causes(FingerprintResponse message)
    {
        var devices = message.DeviceGroup.Single().Devices;
        Assert.That(devices.Select(device => device.Healthy), Is.EqualTo(devices.Select(device => device.HealthDescription == "")));
        return [.. devices.Select(device => device.HealthDescription)];
    }

    private static async Task<FingerprintResponse> NextAsync(AsyncServerStreamingCall<FingerprintResponse> call)
    {
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True, "the stream ended");
        return call.ResponseStream.Current;
    }

    private static async Task<string> SummaryAsync(
        ServedNode node, AsyncServerStreamingCall<StatsResponse> stats, string id)
    {
        var next = stats.ResponseStream.MoveNext(CancellationToken.None);
        node.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await next.DefaultTimeout(), Is.True, "the stream ended");
        var summary = stats.ResponseStream.Current.Groups.Single().InstanceStats[id].Summary;
        if (summary.StringVal is not ("" or "N/A"))
        {
            return summary.StringVal;
        }

        // The sample that time passing brought while the XID was on its way.
        return await SummaryAsync(node, stats, id);
    }

    private static Task<ReserveResponse> ReserveAsync(ServedNode node, params string[] ids) =>
        node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { ids } }).ResponseAsync.DefaultTimeout();
}
