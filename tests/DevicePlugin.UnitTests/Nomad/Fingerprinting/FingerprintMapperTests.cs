using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Fake;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Nomad.Fingerprinting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Attribute = DevicePlugin.Nomad.Protocol.Attribute;

namespace DevicePlugin.UnitTests.Nomad.Fingerprinting;

internal sealed class FingerprintMapperTests
{
    private TestLogs _logs = null!;

    [SetUp]
    public void SetUp() => _logs = new TestLogs();

    [TearDown]
    public void TearDown() => _logs.Dispose();

    [Test]
    public void ToMessage_HealthyAndUnhealthy_SayWhatNomadPlacesBy()
    {
        var since = new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
        var message = Map(
            new InventoryDevice("GPU-0", TestGpus.Gpu(0), DeviceHealth.Healthy),
            new InventoryDevice("GPU-1", TestGpus.Gpu(1), new DeviceHealth(HealthState.Unhealthy, "GPU is lost", since)));

        var group = message.DeviceGroup.Single();
        Assert.That((group.Vendor, group.DeviceType, group.DeviceName), Is.EqualTo(("nvidia", "gpu", TestGpus.Model)));
        Assert.That(group.Devices, Is.EqualTo(new[]
        {
            new DetectedDevice { ID = "GPU-0", Healthy = true, HwLocality = new DeviceLocality { PciBusId = "0000:10:00.0" } },
            new DetectedDevice
            {
                ID = "GPU-1",
                HealthDescription = "GPU is lost. Since 2026-11-23T03:00:00Z",
                HwLocality = new DeviceLocality { PciBusId = "0000:11:00.0" },
            },
        }));
    }

    [Test]
    public void ToMessage_ReplicasOfAHealthyAndAnUnhealthyGpu_AreCountedAsNomadCountsInstances()
    {
        var sick = new DeviceHealth(HealthState.Unhealthy, "GPU is lost");
        var shared = new[] { DeviceHealth.Healthy, sick }.SelectMany((health, n) => Enumerable.Range(0, 3)
            .Select(replica => new InventoryDevice($"GPU-{n}::{replica}", TestGpus.Gpu(n), health)));

        var group = Map([.. shared]).DeviceGroup.Single();

        Assert.That(group.Attributes["devices"], Is.EqualTo(new Attribute { IntVal = 6 }));
        Assert.That(group.Attributes["devices_healthy"], Is.EqualTo(new Attribute { IntVal = 3 }));
    }

    [TestCase("6b1a9c54-0000-4000-8000-00000000000a", 3, "6b1a9c54-0000-4000-8000-00000000000a.3")]
    [TestCase("00000000-0000-0000-0000-000000000000", 3, null)]
    [TestCase(null, 3, null)]
    [TestCase("6b1a9c54-0000-4000-8000-00000000000a", null, null)]
    public void ToMessage_FabricDomain_IsTheClusterWithTheClique(string? cluster, int? clique, string? expected)
    {
        var gpu = TestGpus.Gpu(0) with { Facts = new GpuFacts { FabricCluster = cluster, FabricClique = clique } };

        var attributes = Map(new InventoryDevice("GPU-0", gpu, DeviceHealth.Healthy)).DeviceGroup.Single().Attributes;

        Assert.That(attributes.TryGetValue("fabric_domain", out var domain) ? domain.StringVal : null, Is.EqualTo(expected));
    }

    [Test]
    public void ToMessage_AllUnhealthy_SaysZeroAndNotNothing()
    {
        var sick = new DeviceHealth(HealthState.Unhealthy, "GPU is lost");

        var group = Map(new InventoryDevice("GPU-0", TestGpus.Gpu(0), sick)).DeviceGroup.Single();

        Assert.That(group.Attributes["devices"], Is.EqualTo(new Attribute { IntVal = 1 }));
        Assert.That(group.Attributes["devices_healthy"], Is.EqualTo(new Attribute { IntVal = 0 }));
    }

    [Test]
    public void ToMessage_NameThatNomadRefuses_LeavesTheGroupOutAndLogsIt()
    {
        _logs.ExpectErrors(entry => entry.EventId.Name == "GroupLeftOut");

        var message = Map(
            new InventoryDevice("GPU-0", TestGpus.Gpu(0, name: ""), DeviceHealth.Healthy),
            new InventoryDevice("GPU-1", TestGpus.Gpu(1), DeviceHealth.Healthy));

        Assert.That(message.DeviceGroup.Single().DeviceName, Is.EqualTo(TestGpus.Model));
        Assert.That(_logs.Named("GroupLeftOut").Count(), Is.EqualTo(1));
    }

    [Test]
    public void ToMessage_DevicesDiffer_CapacitiesAreTheLeastAndTheRestIsLeftOut()
    {
        var less = TestGpus.Gpu(1) with { Facts = new GpuFacts { MemoryMiB = 40960, VbiosVersion = "2", EccMode = true } };
        var more = TestGpus.Gpu(0) with { Facts = new GpuFacts { MemoryMiB = 81559, VbiosVersion = "1", EccMode = true } };

        var attributes = AttributesOf(more, less);

        Assert.That(attributes["memory"], Is.EqualTo(new Attribute { IntVal = 40960, Unit = "MiB" }));
        Assert.That(attributes["ecc_mode"], Is.EqualTo(new Attribute { StringVal = "Enabled" }));
        Assert.That(attributes.ContainsKey("vbios_version"), Is.False);
    }

    [Test]
    public void ToMessage_OneDeviceCannotSay_TheOthersSpeakForTheGroup() =>
        Assert.That(
            AttributesOf(TestGpus.Gpu(0) with { Facts = GpuFacts.None }, TestGpus.Gpu(1))["memory"].IntVal,
            Is.EqualTo(81559));

    [Test]
    public void ToMessage_Facts_HaveTheTypesThatConstraintsMatch()
    {
        var facts = new GpuFacts
        {
            MemoryMiB = 81559,
            PowerLimitWatts = 699.6,
            PcieMaxGeneration = 5,
            PcieMaxWidth = 16,
            PersistenceMode = true,
            DisplayEnabled = false,
            ComputeCapability = new ComputeCapability(8, 9),
            Architecture = "ada",
        };

        var attributes = AttributesOf(TestGpus.Gpu(0) with { Facts = facts });

        Assert.Multiple(() =>
        {
            Assert.That(attributes["power"], Is.EqualTo(new Attribute { IntVal = 700, Unit = "W" }));
            Assert.That(attributes["pci_bandwidth"], Is.EqualTo(new Attribute { IntVal = 63008, Unit = "MB/s" }));
            Assert.That(attributes["persistence_mode"], Is.EqualTo(new Attribute { StringVal = "Enabled" }));
            Assert.That(attributes["display_state"], Is.EqualTo(new Attribute { StringVal = "Disabled" }));
            Assert.That(attributes["compute_capability"], Is.EqualTo(new Attribute { FloatVal = 8.9 }));
            Assert.That(attributes["compute_capability_minor"], Is.EqualTo(new Attribute { IntVal = 9 }));
            Assert.That(attributes["driver_version"], Is.EqualTo(new Attribute { StringVal = "580.105.08" }));
            Assert.That(attributes["cuda_version_major"], Is.EqualTo(new Attribute { IntVal = 13 }));
            Assert.That(attributes["memory_source"], Is.EqualTo(new Attribute { StringVal = "device" }));
            Assert.That(attributes.ContainsKey("bar1"), Is.False, "unsupported is absent");
            Assert.That(attributes.ContainsKey("simulated"), Is.False);
        });
    }

    [Test]
    public void Table_EveryAttribute_HasALegalUnitAndADistinctName()
    {
        Assert.That(AttributeTable.All.Select(definition => definition.Name), Is.Unique);
        foreach (var definition in AttributeTable.All.Where(definition => definition.Unit.Length > 0))
        {
            var group = new DeviceGroup { Vendor = "v", DeviceType = "t", DeviceName = "n" };
            group.Attributes.Add(definition.Name, new Attribute { IntVal = 1, Unit = definition.Unit });
            Assert.That(DeviceGroupRules.FindViolation(group), Is.Null);
        }
    }

    [TestCase("dgx-h100")]
    [TestCase("dgx-a100-mig")]
    [TestCase("gb10")]
    public async Task Table_EveryValueOfARealNode_HasTheTypeItIsDocumentedWith(string scenario)
    {
        await using var backend = new FakeBackend(
            ScenarioLibrary.Find(scenario), TimeProvider.System, _logs.CreateLogger<FakeBackend>());
        var report = await backend.EnumerateAsync(CancellationToken.None);
        var types = AttributeTable.All.ToDictionary(definition => definition.Name, definition => definition.Type);

        var attributes = report.Devices.SelectMany(device => AttributesOf(device));

        Assert.That(
            attributes.Where(pair => pair.Value.ValueCase.ToString() != $"{types[pair.Key]}Val").Select(pair => pair.Key),
            Is.Empty);
    }

    private Google.Protobuf.Collections.MapField<string, Attribute> AttributesOf(params GpuDevice[] gpus) =>
        Map([.. gpus.Select(gpu => new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy))])
            .DeviceGroup.Single().Attributes;

    private FingerprintResponse Map(params InventoryDevice[] devices) => FingerprintMapper.ToMessage(
        new Inventory(TestGpus.Report().Driver, devices, isSimulated: false), _logs.CreateLogger("mapper"));
}
