using System.Reflection;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

internal sealed class HeldFactsTests
{
    private static readonly DriverLoad First = new("boot", "1");

    private static readonly PropertyInfo[] Facts =
        [.. typeof(GpuFacts).GetProperties().Where(property => property.CanWrite && property.Name != "EqualityContract")];

    [Test]
    public void Apply_EveryFactThatIsMissingOnce_StaysAsItWasTold()
    {
        var held = new HeldFacts(NullLogger.Instance);
        var full = Full();
        held.Apply(Report(full));

        Assert.That(held.Apply(Report(GpuFacts.None)).Devices.Single().Facts, Is.EqualTo(full));
    }

    [Test]
    public void Apply_EveryFactThatSomebodyChanged_IsToldAtOnce()
    {
        var held = new HeldFacts(NullLogger.Instance);
        held.Apply(Report(Full()));
        var other = Full() with { PowerLimitWatts = 300, EccMode = false, FabricClique = 9, PersistenceMode = false };

        Assert.That(held.Apply(Report(other)).Devices.Single().Facts, Is.EqualTo(other));
    }

    [Test]
    public void Apply_DisplayWakesUp_IsNoNewsUntilTheDriverIsLoadedAgain()
    {
        var held = new HeldFacts(NullLogger.Instance);
        var (asleep, awake) = (new GpuFacts { DisplayEnabled = false }, new GpuFacts { DisplayEnabled = true });
        held.Apply(Report(asleep));

        Assert.That(held.Apply(Report(awake)).Devices.Single().Facts.DisplayEnabled, Is.False);
        Assert.That(
            held.Apply(Report(awake) with { Load = new DriverLoad("boot", "2") }).Devices.Single().Facts.DisplayEnabled, Is.True);
    }

    [Test]
    public void Apply_MigSwitched_BeginsFromTheStart()
    {
        var held = new HeldFacts(NullLogger.Instance);
        held.Apply(Report(new GpuFacts { MigMode = false, ComputeMode = "default" }));

        Assert.That(
            held.Apply(Report(new GpuFacts { MigMode = true })).Devices.Single().Facts, Is.EqualTo(new GpuFacts { MigMode = true }));
    }

    [Test]
    public void Apply_GpuWasAway_IsReadAsItReturns()
    {
        var held = new HeldFacts(NullLogger.Instance);
        held.Apply(Report(Full()));
        held.Apply(TestGpus.Report() with { Load = First });

        Assert.That(held.Apply(Report(GpuFacts.None)).Devices.Single().Facts, Is.EqualTo(GpuFacts.None));
    }

    [TestCase("boot", "1", true)]
    [TestCase("boot", "2", false)]
    public void Apply_FactsOfAnEarlierProcess_AreHeldUnderTheSameLoadOnly(string boot, string module, bool isHeld)
    {
        var held = new HeldFacts(NullLogger.Instance);
        var known = TestGpus.Gpu(0) with { Facts = Full() };
        held.Recall(new KnownGpuMemory([known])
        {
            Load = new DriverLoad(boot, module), DriverVersion = TestGpus.Report().Driver.Version,
        });

        var slow = Full() with { L2CacheKiB = null, SmCount = null, CopyEngines = null };
        Assert.That(held.Apply(Report(slow)).Devices.Single().Facts, Is.EqualTo(isHeld ? Full() : slow));
    }

    private static NodeReport Report(GpuFacts facts) =>
        TestGpus.Report(TestGpus.Gpu(0) with { Facts = facts }) with { Load = First };

    /// <summary>A value for everything, so that a fact that is added and not held fails here.</summary>
    private static GpuFacts Full()
    {
        var facts = new GpuFacts();
        foreach (var property in Facts)
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            property.SetValue(facts, ValueOf(type, property.Name));
        }

        return facts;
    }

    private static object ValueOf(Type type, string name) => type == typeof(bool) ? true
        : type == typeof(string) ? name
        : type == typeof(ComputeCapability) ? new ComputeCapability(9, 0)
        : Convert.ChangeType(7, type, System.Globalization.CultureInfo.InvariantCulture);
}
