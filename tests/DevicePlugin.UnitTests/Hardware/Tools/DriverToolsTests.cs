using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Tools;

/// <summary>Which of the driver's programs are run, and what they may look up by themselves.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DriverToolsTests
{
    private const int GroupWrites = 0x10;

    private readonly TemporaryTree _tree = new();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Find_NotInstalled_IsNullWithoutDistrust()
    {
        Assert.That(Find(out var distrust), Is.Null);
        Assert.That(distrust, Is.Null);
    }

    [Test]
    public void Find_InAFolderOfOthers_IsNotRun()
    {
        _tree.Write("usr/local/bin/nvidia-smi");

        Assert.That(Find(out var distrust, exposed: "usr/local/bin"), Is.Null);
        Assert.That(distrust, Is.EqualTo(
            $"nvidia-smi is not trusted: \"{_tree.Root}/usr/local/bin\" is writable by users other than root"));
    }

    [Test]
    public void Find_TrustedInALaterFolder_IsThatOne()
    {
        _tree.Write("usr/bin/nvidia-smi");
        var good = _tree.Write("usr/local/bin/nvidia-smi");

        Assert.That(Find(out var distrust, exposed: "usr/bin")?.Path, Is.EqualTo(good));
        Assert.That(distrust, Is.Null);
    }

    [Test]
    public void Find_Environment_HasNoFolderThatOthersWrite()
    {
        _tree.Write("usr/bin/nvidia-smi");
        _tree.Write("usr/local/bin/other");
        _tree.Write("usr/lib64/libcuda.so.1");
        _tree.Write("usr/local/nvidia/lib64/libcuda.so.1");

        var environment = Find(out _, exposed: "usr/local")!.Environment;

        Assert.That(environment, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["LC_ALL"] = "C",
            ["PATH"] = $"{_tree.Root}/usr/bin:/usr/bin:/bin",
            ["LD_LIBRARY_PATH"] = $"{_tree.Root}/usr/lib64",
        }));
    }

    private TrustedProgram? Find(out string? distrust, string? exposed = null) => new DriverTools(_tree.Root, path =>
        path == Path.Combine(_tree.Root, exposed ?? "none") && FileStatus.Read(path) is { } status
            ? status with { Owner = 0, Mode = status.Mode | GroupWrites }
            : TemporaryTree.AsRootHasIt(path)).Find("nvidia-smi", out distrust);
}
