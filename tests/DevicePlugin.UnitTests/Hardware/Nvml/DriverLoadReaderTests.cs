using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DriverLoadReaderTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("nd").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_ThisMachine_HasABootIdThatStays()
    {
        var load = DriverLoadReader.Read(new NvmlOptions());

        Assert.That(load, Is.EqualTo(DriverLoadReader.Read(new NvmlOptions())));
        Assert.That(Guid.TryParse(load.BootId, out _), Is.True);
    }

    [Test]
    public void Read_NothingThere_IsUnknownAndNeverAnew()
    {
        var load = DriverLoadReader.Read(Options());

        Assert.That((load.BootId, load.Module), Is.EqualTo(((string?)null, (string?)null)));
        Assert.That(load.IsReloadedSince(new("boot", "580 1")), Is.False);
    }

    [Test]
    public void Read_ModuleLoadedAgain_IsReloaded()
    {
        var first = WithModule("first");
        Assert.That(DriverLoadReader.Read(Options()).IsReloadedSince(first), Is.False, "the same load");

        // The second folder exists beside the first one, so that it cannot get its inode.
        Directory.Move(Module, Path.Combine(_folder, "old"));
        var second = WithModule("second");

        Assert.That(second.IsReloadedSince(first), Is.True);
        Assert.That(second.Module, Does.StartWith("580.105.08 "));
    }

    private string Module => Path.Combine(_folder, "module", "nvidia");

    private NvmlOptions Options() => new() { SysfsRoot = _folder, ProcRoot = _folder };

    private DevicePlugin.Gpu.DriverLoad WithModule(string note)
    {
        Directory.CreateDirectory(Module);
        File.WriteAllText(Path.Combine(Module, "version"), "580.105.08\n");
        File.WriteAllText(Path.Combine(Module, "note"), note);
        return DriverLoadReader.Read(Options());
    }
}
