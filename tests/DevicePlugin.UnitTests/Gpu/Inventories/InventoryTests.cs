using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

internal sealed class InventoryTests
{
    private static readonly DriverStatus Loaded = new(DriverState.Loaded);

    [Test]
    public void Devices_AnyEnumerationOrder_AreInTheOrderOfAddressInstanceAndReplica()
    {
        var parent = TestGpus.Gpu(1);
        InventoryDevice[] expected =
        [
            Device(TestGpus.Gpu(0), "GPU-00000000::2"),
            Device(TestGpus.Gpu(0), "GPU-00000000::10"),
            Device(TestGpus.Instance(parent, 2)),
            Device(TestGpus.Instance(parent, 9)),
            Device(TestGpus.Gpu(2)),
        ];

        foreach (var seed in Enumerable.Range(0, 20))
        {
            var shuffled = expected.ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.That(new Inventory(Loaded, shuffled, false).Devices, Is.EqualTo(expected));
        }
    }

    [Test]
    public void Groups_SeveralModels_AreInTheOrderOfTheirNames()
    {
        var inventory = new Inventory(Loaded, [Device(TestGpus.Gpu(0, "T4")), Device(TestGpus.Gpu(1, "A100"))], false);

        Assert.That(inventory.Groups.Select(group => group.Name), Is.EqualTo(new[] { "A100", "T4" }));
    }

    [Test]
    public void Equals_SameContent_IsTrue() =>
        Assert.That(
            new Inventory(Loaded, [Device(TestGpus.Gpu(0))], false),
            Is.EqualTo(new Inventory(new DriverStatus(DriverState.Loaded), [Device(TestGpus.Gpu(0))], false)));

    [Test]
    public void Equals_AnyDifference_IsFalse()
    {
        var inventory = new Inventory(Loaded, [Device(TestGpus.Gpu(0))], false);
        var hotter = TestGpus.Gpu(0) with { Facts = new GpuFacts { PowerLimitWatts = 500 } };

        Assert.Multiple(() =>
        {
            Assert.That(inventory, Is.Not.EqualTo(new Inventory(Loaded, [Device(hotter)], false)));
            Assert.That(inventory, Is.Not.EqualTo(new Inventory(Loaded, [Device(TestGpus.Gpu(0))], true)));
            Assert.That(inventory, Is.Not.EqualTo(new Inventory(Loaded, [], false)));
            Assert.That(inventory, Is.Not.EqualTo(
                new Inventory(Loaded with { Version = "1" }, [Device(TestGpus.Gpu(0))], false)));
        });
    }

    private static InventoryDevice Device(GpuDevice gpu, string? id = null) =>
        new(id ?? gpu.Uuid, gpu, DeviceHealth.Healthy);
}
