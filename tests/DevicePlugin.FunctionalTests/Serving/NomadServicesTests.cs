using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Serving;

internal sealed class NomadServicesTests
{
    private const string FakeH100 = """{"backend": "fake"}""";

    [Test]
    public async Task PluginInfo_BeforeAnyConfig_NamesADevicePlugin()
    {
        await using var node = await ServedNode.StartAsync();

        var info = await node.Base.PluginInfoAsync(new PluginInfoRequest()).ResponseAsync.DefaultTimeout();

        Assert.That(info.Name, Is.EqualTo("nomad-device-gpu"));
        Assert.That(info.Type, Is.EqualTo(PluginType.Device));
        Assert.That(info.PluginApiVersions, Is.EqualTo(new[] { "v0.1.0" }));

        // What Nomad's go-version accepts; a build without a tag is a prerelease.
        Assert.That(info.PluginVersion, Does.Match(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$"));
    }

    [Test]
    public async Task SetConfig_Bad_NamesEveryKeyAndLeavesTheOneBefore()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "fake": {"scenario": "t4"}}""");
        node.Logs.ExpectErrors(entry => entry.EventId.Name == "ConfigurationRefused");

        var error = await Assert.ThrowsAsync<RpcException>(() => node.ConfigureAsync(
            """{"backend": "cuda", "fingerprint_period": "often", "sharing": [{"replicas": 0}]}"""));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(error!.Status.Detail, Does.Contain("backend").And.Contain("cuda")
            .And.Contain("fingerprint_period").And.Contain("often").And.Contain("replicas"));
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That((await NextAsync(fingerprint)).DeviceGroup.Single().DeviceName, Is.EqualTo("Tesla T4"));
    }

    [Test]
    public async Task SetConfig_TwiceWithoutNomadConfig_IsOneConfiguration()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        await node.ConfigureAsync(FakeH100);

        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());

        Assert.That((await NextAsync(fingerprint)).DeviceGroup.Single().Devices, Has.Count.EqualTo(8));
    }

    [Test]
    public async Task SetConfig_IgnoredIds_AreReplacedNotAdded()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "ignored_gpu_ids": ["0", "1"]}""");
        await node.ConfigureAsync("""{"backend": "fake", "ignored_gpu_ids": ["2"]}""");

        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());

        Assert.That((await NextAsync(fingerprint)).DeviceGroup.Single().Devices, Has.Count.EqualTo(7));
    }

    [Test]
    public async Task Fingerprint_Simulated_SaysSo()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());

        var group = (await NextAsync(fingerprint)).DeviceGroup.Single();

        Assert.That(group.Attributes["simulated"].BoolVal, Is.True);
    }

    [Test]
    public async Task Fingerprint_Disabled_IsEmptyAndStaysOpen()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "enabled": false}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That((await NextAsync(fingerprint)).DeviceGroup, Is.Empty);

        var next = fingerprint.ResponseStream.MoveNext(CancellationToken.None);
        await node.ConfigureAsync(FakeH100);

        Assert.That(await next.DefaultTimeout(), Is.True);
        Assert.That(fingerprint.ResponseStream.Current.DeviceGroup, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Fingerprint_ScenarioMissing_IsEmptyWithTheReasonInTheLog()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "fake": {"scenario": "no-such"}}""");
        node.Logs.ExpectErrors(entry => entry.Message.Contains("no-such", StringComparison.Ordinal));
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());

        Assert.That((await NextAsync(fingerprint)).DeviceGroup, Is.Empty);
        Assert.That(node.Logs.Entries.Any(entry => entry.Message.Contains("no-such", StringComparison.Ordinal)), Is.True);
    }

    [Test]
    public async Task Fingerprint_GpuLostWhileRunning_TellsBothStreamsAndKeepsTheOthersHealthy()
    {
        await using var node = await ServedNode.StartAsync();
        var path = node.WriteFile("lost.json", LostAfterAMinute);
        await node.ConfigureAsync($$$"""{"backend": "fake", "fake": {"scenario": "{{{path}}}"}}""");
        using var first = node.Device.Fingerprint(new FingerprintRequest());
        using var second = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That((await NextAsync(first)).DeviceGroup.Single().Devices.Select(device => device.Healthy), Is.All.True);
        await NextAsync(second);

        node.Time.Advance(TimeSpan.FromSeconds(61));

        foreach (var stream in new[] { first, second })
        {
            var devices = (await NextAsync(stream)).DeviceGroup.Single().Devices;
            Assert.That(devices.Select(device => device.Healthy), Is.EqualTo(new[] { false, true }));
            Assert.That(devices[0].HealthDescription, Does.Contain("lost").And.Contain("Since 2026-11-23"));
        }
    }

    [Test]
    public async Task Fingerprint_ValuesThatMoveByThemselves_MoveNoAttribute()
    {
        await using var node = await ServedNode.StartAsync();
        var path = node.WriteFile("moving.json", Moving);
        await node.ConfigureAsync($$$"""{"backend": "fake", "fake": {"scenario": "{{{path}}}"}}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        var before = (await NextAsync(fingerprint)).DeviceGroup.Single().Attributes.Clone();
        Assert.That(before["power"].IntVal, Is.EqualTo(700));

        node.Time.Advance(TimeSpan.FromSeconds(10));
        node.Time.Advance(TimeSpan.FromSeconds(10));

        // Whatever moved at first is still so: had it been told, this message would show it.
        var after = (await NextAsync(fingerprint)).DeviceGroup.Single().Attributes;
        Assert.That(after["power"].IntVal, Is.EqualTo(500), "somebody set it");
        before["power"].IntVal = 500;
        Assert.That(after, Is.EqualTo(before));
    }

    [Test]
    public async Task Reserve_KnownIds_SetsTheVariableOfTheRuntime()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "reserve": {"cuda_visible_devices": true}}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        var ids = (await NextAsync(fingerprint)).DeviceGroup.Single().Devices.Select(device => device.ID).Take(2).ToList();

        var reply = await node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { ids } }).ResponseAsync.DefaultTimeout();

        Assert.That(reply.ContainerRes.Envs, Is.EqualTo(new Dictionary<string, string>
        {
            ["CUDA_VISIBLE_DEVICES"] = string.Join(',', ids),
            ["NVIDIA_VISIBLE_DEVICES"] = string.Join(',', ids),
        }));
    }

    [Test]
    public async Task Listeners_Throw_TheStreamsAndTheReservationGoOn()
    {
        await using var node = await ServedNode.StartAsync();
        node.Logs.ExpectErrors(entry =>
            entry.EventId.Name is "ListenerFailed" or "ReservationListenerFailed" or "ConfigurationListenerFailed");
        node.Node.Configured += _ => throw new InvalidOperationException("a page fails");
        node.Node.Sampler.Sampled += _ => throw new InvalidOperationException("a page fails");
        node.Node.Activity.Reserved += _ => throw new InvalidOperationException("a page fails");
        await node.ConfigureAsync(FakeH100);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        using var stats = node.Device.Stats(new StatsRequest());
        var id = (await NextAsync(fingerprint)).DeviceGroup.Single().Devices[0].ID;

        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        var reply = await node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { id } }).ResponseAsync.DefaultTimeout();
        var next = stats.ResponseStream.MoveNext(CancellationToken.None);
        node.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(reply.ContainerRes.Envs["NVIDIA_VISIBLE_DEVICES"], Is.EqualTo(id));
        Assert.That(await next.DefaultTimeout(), Is.True);
        Assert.That(
            node.Logs.Entries.Select(entry => entry.EventId.Name),
            Has.Some.EqualTo("ListenerFailed").And.Some.EqualTo("ReservationListenerFailed")
                .And.Some.EqualTo("ConfigurationListenerFailed"));
    }

    [Test]
    public async Task Stats_ImpossibleValuesOfAScenario_AreNotToldEither()
    {
        await using var node = await ServedNode.StartAsync();
        var path = node.WriteFile("impossible.json", Impossible);
        await node.ConfigureAsync($$$"""{"backend": "fake", "fake": {"scenario": "{{{path}}}"}}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        var attributes = (await NextAsync(fingerprint)).DeviceGroup.Single().Attributes;
        using var stats = node.Device.Stats(new StatsRequest());
        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        var values = stats.ResponseStream.Current.Groups.Single().InstanceStats["GPU-a"].Stats;

        Assert.That(values.Attributes["Power usage"].StringVal, Is.EqualTo("N/A"));
        Assert.That(values.Attributes["Temperature"].StringVal, Is.EqualTo("N/A"));
        Assert.That(values.Attributes["GPU utilization"].IntNumeratorVal, Is.EqualTo(97));
        Assert.That(values.Nested.ContainsKey("Thermal"), Is.False, "the fan was all it had");
        Assert.That(attributes.ContainsKey("power_max"), Is.False);
        Assert.That(attributes["power"].IntVal, Is.EqualTo(350));
        Assert.That(node.Logs.Named("ImpossibleValue").Count(), Is.EqualTo(4));
    }

    [Test]
    public async Task Reserve_NoIds_IsAnEmptyReservationAndNotNull()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);

        var reply = await node.Device.ReserveAsync(new ReserveRequest()).ResponseAsync.DefaultTimeout();

        Assert.That(reply.ContainerRes, Is.EqualTo(new ContainerReservation()));
    }

    [Test]
    public async Task Reserve_BadIds_IsOneErrorThatNamesThemAll()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await NextAsync(fingerprint);

        var error = await Assert.ThrowsAsync<RpcException>(
            () => node.Device.ReserveAsync(new ReserveRequest { DeviceIds = { "GPU-x", "", "GPU-y" } }).ResponseAsync);

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(error!.Status.Detail, Is.EqualTo("unknown device IDs: GPU-x,GPU-y; empty device IDs: 1"));
    }

    [TestCase(0L, 0, 1000)]
    [TestCase(-5L, 0, 1000)]
    [TestCase(2L, 0, 2000)]
    [TestCase(1L, 500_000_000, 1500)]
    public async Task Stats_AnyInterval_SamplesEveryDeviceAtItsBound(long seconds, int nanos, int milliseconds)
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        var ids = (await NextAsync(fingerprint)).DeviceGroup.Single().Devices.Select(device => device.ID);
        using var stats = node.Device.Stats(
            new StatsRequest { CollectionInterval = new Duration { Seconds = seconds, Nanos = nanos } });
        await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
        var next = stats.ResponseStream.MoveNext(CancellationToken.None);

        node.Time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.That(next.IsCompleted, Is.False);
        node.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(await next.DefaultTimeout(), Is.True);
        var instances = stats.ResponseStream.Current.Groups.Single().InstanceStats;
        Assert.That(instances.Keys, Is.EquivalentTo(ids));
        Assert.That(instances.Values.Select(instance => instance.Timestamp.ToDateTimeOffset()),
            Is.All.EqualTo(node.Time.GetUtcNow()));
        Assert.That(instances.Values.Select(instance => instance.Summary.IntDenominatorVal), Is.All.EqualTo(81559));
    }

    [Test]
    public async Task Stats_AbsurdInterval_IsBounded()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        using var stats = node.Device.Stats(new StatsRequest
        {
            CollectionInterval = new Duration { Seconds = long.MaxValue, Nanos = int.MaxValue },
        });

        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
    }

    [Test]
    public async Task Shutdown_StreamsOpen_EndsNeitherWell()
    {
        await using var node = await ServedNode.StartAsync(FakeH100);
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        using var stats = node.Device.Stats(new StatsRequest());
        await NextAsync(fingerprint);
        await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
        var fingerprintEnds = fingerprint.ResponseStream.MoveNext(CancellationToken.None);
        var statsEnds = stats.ResponseStream.MoveNext(CancellationToken.None);

        await node.Client.Controller.ShutdownAsync(new DevicePlugin.GoPlugin.Protocol.Empty()).ResponseAsync.DefaultTimeout();
        await node.Host.StopRequested.DefaultTimeout();
        await node.Host.DisposeAsync();

        Assert.That(() => fingerprintEnds.DefaultTimeout(), Throws.TypeOf<RpcException>());
        Assert.That(() => statsEnds.DefaultTimeout(), Throws.TypeOf<RpcException>());
    }

    private const string LostAfterAMinute =
        """
        {
          "description": "Two GPUs, of which one is lost after a minute",
          "driver": {"state": "loaded", "version": "580.105.08", "cuda_version": "13.0"},
          "gpus": [
            {"identity": {"uuid": "GPU-a", "name": "NVIDIA L4"}, "pci": {"bus_id": "00000000:01:00.0"}},
            {"identity": {"uuid": "GPU-b", "name": "NVIDIA L4"}, "pci": {"bus_id": "00000000:02:00.0"}}
          ],
          "timeline": [{"id": "fall", "at": 60, "gpu": "GPU-a", "set": {"state": "lost"}}]
        }
        """;

    private const string Impossible =
        """
        {
          "description": "Values that no board has",
          "driver": {"state": "loaded", "version": "580.105.08", "cuda_version": "13.0"},
          "gpus": [{
            "identity": {"uuid": "GPU-a", "name": "NVIDIA L40S"},
            "pci": {"bus_id": "00000000:01:00.0"},
            "power": {"usage_watts": 50000, "requested_limit_watts": 350, "min_limit_watts": 100, "max_limit_watts": 90000},
            "thermal": {"gpu_c": 255, "fan_percent": 180},
            "utilization": {"gpu_percent": 97}
          }]
        }
        """;

    private const string Moving =
        """
        {
          "description": "Everything moves that does so by itself, then somebody sets the power limit",
          "driver": {"state": "loaded", "version": "580.105.08", "cuda_version": "13.0"},
          "gpus": [{
            "identity": {"uuid": "GPU-a", "name": "NVIDIA GH200"},
            "pci": {"bus_id": "00000000:01:00.0", "generation": 5, "max_generation": 5, "width": 16, "max_width": 16},
            "power": {"limit_watts": 700, "requested_limit_watts": 700, "default_limit_watts": 600, "usage_watts": 100},
            "clocks": {"graphics_mhz": 1980, "max_graphics_mhz": 1980},
            "memory": {"total_mib": 97871, "used_mib": 10, "free_mib": 97861},
            "modes": {"display_mode": false, "persistence": true},
            "nvlink": {"links": 2, "version": 4.0},
            "fabric": {"state": "completed", "cluster_uuid": "8f0a1c5e-0000-4000-8000-000000000000", "clique": 3}
          }],
          "timeline": [
            {"id": "move", "at": 10, "gpu": "GPU-a", "set": {
              "pci": {"generation": 1, "width": 8},
              "power": {"limit_watts": 450, "usage_watts": 440},
              "clocks": {"graphics_mhz": 345},
              "memory": {"used_mib": 90000, "free_mib": 7871},
              "modes": {"display_mode": true},
              "fabric": {"state": "in_progress"}
            }},
            {"id": "set", "at": 20, "gpu": "GPU-a", "set": {"power": {"requested_limit_watts": 500}}}
          ]
        }
        """;

    private static async Task<FingerprintResponse> NextAsync(AsyncServerStreamingCall<FingerprintResponse> call)
    {
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True, "the stream ended");
        return call.ResponseStream.Current;
    }
}
