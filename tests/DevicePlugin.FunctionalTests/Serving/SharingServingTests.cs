using System.Text.Json.Nodes;
using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>Shared devices as Nomad sees them.</summary>
internal sealed class SharingServingTests
{
    private const string Gpu0 = "GPU-00000000-0000-0000-0000-000000000000";
    private const string Gpu1 = "GPU-00000001-0000-0000-0000-000000000001";

    [Test]
    public async Task Sharing_SomeGpus_AreAGroupOfReplicasWithStatisticsEach()
    {
        await using var node = await ServedNode.StartAsync(
            """{"backend": "fake", "sharing": [{"replicas": 10, "devices": ["0", "1"]}]}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        Assert.That(await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        var groups = fingerprint.ResponseStream.Current.DeviceGroup;

        Assert.That(groups.Select(group => (group.DeviceName, group.Devices.Count)), Is.EqualTo(
            [("NVIDIA H100 80GB HBM3", 6), ("NVIDIA H100 80GB HBM3-SHARED", 20)]));
        Assert.That(groups[1].Devices.Select(device => device.ID), Is.EqualTo(
            [.. Enumerable.Range(0, 10).Select(n => $"{Gpu0}::{n}"), .. Enumerable.Range(0, 10).Select(n => $"{Gpu1}::{n}")]));
        Assert.That(groups[0].Attributes["shared"].BoolVal, Is.False);
        Assert.That(groups[0].Attributes.ContainsKey("replicas"), Is.False);
        Assert.That(groups[1].Attributes["shared"].BoolVal, Is.True);
        Assert.That(groups[1].Attributes["replicas"].IntVal, Is.EqualTo(10));
        Assert.That(groups[1].Attributes["sharing_strategy"].StringVal, Is.EqualTo("time-slicing"));
        Assert.That(
            groups[1].Attributes["memory_per_replica"],
            Is.EqualTo(new DevicePlugin.Nomad.Protocol.Attribute { IntVal = 8155, Unit = "MiB" }));

        using var stats = node.Device.Stats(new StatsRequest());
        Assert.That(await stats.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        var instances = stats.ResponseStream.Current.Groups.Single(group => group.Name.EndsWith("-SHARED", StringComparison.Ordinal))
            .InstanceStats;
        Assert.That(instances.Keys, Is.EquivalentTo(groups[1].Devices.Select(device => device.ID)));
        Assert.That(instances.Values.All(device => device.Summary is not null && device.Timestamp is not null), Is.True);
    }

    [Test]
    public async Task Restart_ExclusiveGpuGoneMeanwhile_TheReplicasKeepTheirGroup()
    {
        var scenario = File.ReadAllText(PluginProcess.BuiltIn("dgx-h100"));
        var state = Directory.CreateTempSubdirectory("state").FullName;
        var file = Path.Combine(state, "scenario.json");
        var config = $$"""
            {"backend": "fake", "state_dir": "{{state}}", "fake": {"scenario": "{{file}}"},
             "sharing": [{"devices": ["{{scenario.UuidOf(0)}}"]}]}
            """;
        try
        {
            var groups = new List<IEnumerable<(string, int)>>();
            foreach (var gpus in (int[])[2, 1])
            {
                File.WriteAllText(file, MockScenario.With(scenario, root => Keep(root["gpus"]!.AsArray(), gpus)));
                await using var node = await ServedNode.StartAsync(config);
                using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
                await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();
                groups.Add(fingerprint.ResponseStream.Current.DeviceGroup
                    .Select(group => (group.DeviceName, group.Devices.Count(device => device.Healthy))));
                File.Delete(Path.Combine(state, "gpus.json"));
            }

            Assert.That(groups[0], Is.EqualTo([("NVIDIA H100 80GB HBM3", 1), ("NVIDIA H100 80GB HBM3-SHARED", 2)]));
            Assert.That(groups[1], Is.EqualTo([("NVIDIA H100 80GB HBM3-SHARED", 2)]));
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }

        static void Keep(JsonArray gpus, int count)
        {
            while (gpus.Count > count)
            {
                gpus.RemoveAt(count);
            }
        }
    }

    [Test]
    public async Task Reserve_ReplicasOfTwoGpus_NamesEachGpuOnceInTheOrderOfTheRequest()
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "sharing": [{"replicas": 4}]}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();

        var reservation = await node.Device.ReserveAsync(new ReserveRequest
        {
            DeviceIds = { $"{Gpu1}::3", $"{Gpu0}::0", $"{Gpu1}::0", $"{Gpu0}::3" },
        }).ResponseAsync.DefaultTimeout();

        Assert.That(reservation.ContainerRes.Envs["NVIDIA_VISIBLE_DEVICES"], Is.EqualTo($"{Gpu1},{Gpu0}"));
    }

    [TestCase(Gpu0)]
    [TestCase(Gpu0 + "::4")]
    [TestCase(Gpu0 + "::00")]
    [TestCase(Gpu0 + "::-1")]
    [TestCase(Gpu0 + "::")]
    public async Task Reserve_NoReplicaOfThatName_IsRefused(string id)
    {
        await using var node = await ServedNode.StartAsync("""{"backend": "fake", "sharing": [{"replicas": 4}]}""");
        using var fingerprint = node.Device.Fingerprint(new FingerprintRequest());
        await fingerprint.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout();

        var refused = await Assert.ThrowsAsync<RpcException>(() => node.Device.ReserveAsync(
            new ReserveRequest { DeviceIds = { id } }).ResponseAsync.DefaultTimeout());

        Assert.That(refused!.Status.Detail, Is.EqualTo($"unknown device IDs: {id}"));
    }
}
