using System.Reflection;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KnownGpuFileTests
{
    private readonly TestLogs _logs = new();
    private string _folder = null!;

    private string StatePath => Path.Combine(_folder, "state", "gpus.json");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("kg").FullName;

    [TearDown]
    public void TearDown()
    {
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Test]
    public void Load_AfterSave_GivesTheSameWithEveryFact()
    {
        var facts = EveryFact();
        var gpu = new GpuDevice
        {
            Uuid = "GPU-00000001", Name = "NVIDIA H100", Index = 3, PciBusId = "0000:3b:00.0", MinorNumber = 5, Facts = facts, NvLinksSeenUp = 0x8_0000_0005,
        };
        var memory = new KnownGpuMemory(
        [
            gpu,
            gpu with
            {
                Uuid = "MIG-00000001", Facts = GpuFacts.None, PciBusId = null,
                FormerPciBusId = "0000:3b:00.0", MinorNumber = null,
                Mig = new MigInstance(gpu.Uuid, 7, 0, "1g.10gb") { Slot = 2, GpuSlices = 1, ComputeSlices = 1 },
            },
        ])
        {
            Load = new DriverLoad("boot", "580 1"), DriverVersion = "580",
        };

        File().Save(memory);

        Assert.That(File().Load(), Is.EqualTo(memory));
    }

    [TestCase("nonsense")]
    [TestCase("""{"version":0,"devices":[]}""")]
    [TestCase("""{"version":1,"devices":[{"uuid":"GPU-??????????","name":"x","index":0,"facts":{}}]}""")]
    [TestCase("""{"version":1,"devices":[{"uuid":"GPU-00000001","name":"????","index":0,"facts":{}}]}""")]
    [TestCase("""{"version":1,"devices":[{"uuid":"GPU-00000001","name":"x","index":0,"facts":{"cuda_cores":99999999999}}]}""")]
    [TestCase("""{"version":1,"devices":[{"uuid":"GPU-00000001","name":"x","index":0,"facts":{"power_limit_watts":1e999}}]}""")]
    [TestCase("""{"version":1,"devices":[{"uuid":"GPU-00000001","name":"x","index":0}]}""")]
    public void Load_Unusable_IsEmptyAndMovedAside(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        System.IO.File.WriteAllText(StatePath, text);

        Assert.That(File().Load(), Is.EqualTo(KnownGpuMemory.Empty));
        Assert.That(_logs.Named("StateMovedAside").Count(), Is.EqualTo(1));
    }

    [Test]
    public void Save_Nothing_MakesNoFile()
    {
        File().Save(KnownGpuMemory.Empty);

        Assert.That(System.IO.File.Exists(StatePath), Is.False);
    }

    /// <summary>A fact that is added later and forgotten in the file is null here, and then not the same.</summary>
    private static GpuFacts EveryFact()
    {
        var facts = new GpuFacts();
        foreach (var property in typeof(GpuFacts).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite))
        {
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            property.SetValue(facts, type == typeof(string) ? property.Name
                : type == typeof(bool) ? true
                : type == typeof(ComputeCapability) ? new ComputeCapability(9, 12)
                : Convert.ChangeType(property.Name.Length, type, System.Globalization.CultureInfo.InvariantCulture));
        }

        return facts;
    }

    private KnownGpuFile File() => new(StatePath, _logs.CreateLogger(""));
}
