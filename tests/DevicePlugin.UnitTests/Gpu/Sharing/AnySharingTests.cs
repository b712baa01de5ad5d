using CsCheck;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Sharing;

/// <summary>Any rules on any node.</summary>
internal sealed class AnySharingTests
{
    private static readonly string[] Models = ["NVIDIA L4", "NVIDIA H100 80GB HBM3"];

    private static readonly Gen<GpuDevice[]> AnyNode =
        Gen.Select(Gen.Int[0, Models.Length - 1], Gen.Int[0, 3]).Array[0, 6].Select(gpus => gpus
            .SelectMany((gpu, n) => DevicesOf(TestGpus.Gpu(n, Models[gpu.Item1]), gpu.Item2))
            .ToArray());

    private static readonly string[] Patterns =
    [
        "all", "*L4*", "*H100*", "NVIDIA L4", "1g.10gb", "2g.20gb", "0", "1", "4", "GPU-00000002", "MIG-0001-0001",
        "0000:12:00.0", "nothing", "*",
    ];

    private static readonly Gen<string> AnyPattern = Gen.Int[0, Patterns.Length - 1].Select(n => Patterns[n]);

    private static readonly Gen<SharingRule> AnyRule =
        from isMps in Gen.Bool
        from replicas in Gen.Int[1, 256]
        from devices in AnyPattern.Array[0, 3]
        from rename in Gen.Bool
        select new SharingRule
        {
            Strategy = isMps ? SharingStrategy.Mps : SharingStrategy.TimeSlicing,
            Replicas = replicas,
            Devices = [.. devices.Select(text => new DevicePattern(text))],
            Rename = rename,
        };

    [Test]
    public void AnyRules_OnAnyNode_GiveWhatTheyPromise() =>
        Gen.Select(AnyNode, AnyRule.Array[0, 4]).Sample((node, rules) =>
        {
            var policy = new SharingPolicy(rules);
            var offered = ReplicaExpansion.Apply(
                [.. node.Select(gpu => new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy))], policy);
            var inventory = new Inventory(TestGpus.Report().Driver, offered, isSimulated: false);

            Assert.That(inventory.Devices.Select(device => device.Id), Is.Unique);
            Assert.That(inventory.Physical.Select(device => device.Gpu.Uuid), Is.EquivalentTo(node.Select(gpu => gpu.Uuid)));
            foreach (var gpu in node)
            {
                CheckGroupOfItAlone(policy, gpu, inventory);
                CheckDevice(policy, gpu, [.. inventory.Devices.Where(device => device.Gpu == gpu)]);
            }

            CheckGroups(inventory);
        }, iter: 400, threads: 1);

    private static IEnumerable<GpuDevice> DevicesOf(GpuDevice gpu, int instances) => instances == 0
        ? [gpu]
        : Enumerable.Range(0, instances).Select(n => TestGpus.Instance(gpu, n, n == 0 ? "2g.20gb" : "1g.10gb"));

    /// <summary>What else the node has must not matter: it may be gone tomorrow.</summary>
    private static void CheckGroupOfItAlone(SharingPolicy policy, GpuDevice gpu, Inventory inventory)
    {
        var alone = ReplicaExpansion.Apply([new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy)], policy);
        Assert.That(
            inventory.Devices.Where(device => device.Gpu == gpu).Select(device => device.GroupName),
            Is.EqualTo(alone.Select(device => device.GroupName)));
    }

    private static void CheckDevice(SharingPolicy policy, GpuDevice gpu, InventoryDevice[] offered)
    {
        // Said once more in other words: the first rule whose patterns name it, leaving out MPS for instances.
        var rule = policy.Rules.FirstOrDefault(rule =>
            !(gpu.Mig is not null && rule.Strategy == SharingStrategy.Mps) && rule.Devices.Any(one => one.Matches(gpu)));
        if (rule is not { Replicas: > 1 })
        {
            Assert.That(offered.Single().Id, Is.EqualTo(gpu.Uuid));
            Assert.That(offered.Single().Share, Is.Null);
            return;
        }

        Assert.That(
            offered.Select(device => device.Id),
            Is.EqualTo(Enumerable.Range(0, rule.Replicas).Select(n => $"{gpu.Uuid}::{n}")), "in the order of the number");
        Assert.That(offered.Select(device => device.Share!.Replica), Is.EqualTo(Enumerable.Range(0, rule.Replicas)));
        Assert.That(offered.All(device => device.Share!.Strategy == rule.Strategy), Is.True);
        if (rule.Rename)
        {
            Assert.That(offered.All(device => device.GroupName == $"{gpu.Name}-SHARED"), Is.True);
        }
    }

    private static void CheckGroups(Inventory inventory)
    {
        using var logs = new TestLogs();
        var message = FingerprintMapper.ToMessage(inventory, logs.CreateLogger("mapper"));
        Assert.That(message.DeviceGroup, Has.Count.EqualTo(inventory.Groups.Length), "no group breaks Nomad's rules");
        foreach (var group in inventory.Groups)
        {
            var shared = group.Devices.Count(device => device.Share is not null);
            Assert.That(shared, Is.Zero.Or.EqualTo(group.Devices.Length), "a group is shared or exclusive");
        }

        foreach (var group in message.DeviceGroup)
        {
            var isShared = group.Attributes["shared"].BoolVal;
            Assert.That(group.Devices.All(device => device.ID.Contains("::", StringComparison.Ordinal) == isShared), Is.True);
            Assert.That(group.Attributes.ContainsKey("memory_per_replica"), Is.EqualTo(isShared));
        }
    }
}
