using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

internal sealed class DriverFileSearchTests
{
    private const string Version = "580.105.08";

    private TemporaryTree _tree = null!;
    private DriverFileSearch _search = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _search = new DriverFileSearch(_tree.Root);
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Find_LibrariesOfTheLoadedDriver_AreMountedByTheirNames()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"usr/lib64/libnvidia-glcore.so.{Version}", null);
        WriteLibrary("usr/lib64/libcuda.so.570.1", "libcuda.so.1");
        WriteLibrary("usr/lib64/libother.so.1", "libother.so.1");
        _tree.Write("usr/bin/nvidia-smi");

        var files = _search.Find(Version);

        Assert.That(files.Problem, Is.Null);
        Assert.That(files.Mounts, Is.EqualTo((ReservedMount[])
        [
            Mount($"usr/lib64/libcuda.so.{Version}", "/usr/local/nvidia/lib64/libcuda.so.1"),
            Mount($"usr/lib64/libnvidia-glcore.so.{Version}", $"/usr/local/nvidia/lib64/libnvidia-glcore.so.{Version}"),
            Mount("usr/bin/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi"),
        ]));
    }

    [Test]
    public void Find_LibraryOf32Bits_IsPassedOverForTheOneOf64()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Write($"usr/lib/libcuda.so.{Version}", ElfImage.Create("libcuda.so.1", machine: 3));
        _tree.Write($"usr/lib/libnvidia-ml.so.{Version}", "no library at all");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(
            [Mount($"usr/lib64/libcuda.so.{Version}", "/usr/local/nvidia/lib64/libcuda.so.1")]));
    }

    [Test]
    public void Find_OneLibraryInTwoFolders_IsMountedOnceFromTheFirst()
    {
        WriteLibrary($"usr/lib/x86_64-linux-gnu/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(
            [Mount($"usr/lib/x86_64-linux-gnu/libcuda.so.{Version}", "/usr/local/nvidia/lib64/libcuda.so.1")]));
    }

    [Test]
    public void Find_Links_AreFollowedInsideTheRootOnly()
    {
        WriteLibrary($"opt/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Link($"usr/lib64/libcuda.so.{Version}", $"/opt/libcuda.so.{Version}");
        _tree.Link("usr/bin/nvidia-smi", "../../../../../../../../bin/true");
        _tree.Link("usr/bin/nvidia-debugdump", "nvidia-debugdump");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(
            [Mount($"opt/libcuda.so.{Version}", "/usr/local/nvidia/lib64/libcuda.so.1")]));
    }

    [Test]
    public void Find_RootWithoutADriver_NamesTheRootAndTheVersion()
    {
        var files = _search.Find(Version);

        Assert.That(files.Mounts, Is.Empty);
        Assert.That(files.Problem, Does.Contain(_tree.Root).And.Contain($"lib*.so.{Version}"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("*")]
    [TestCase("../580")]
    public void Find_VersionThatIsNone_IsAProblem(string? version)
    {
        WriteLibrary("usr/lib64/libcuda.so.1", "libcuda.so.1");

        Assert.That(_search.Find(version).Problem, Does.Contain("version"));
    }

    [Test]
    public void Find_VersionThatIsNotTold_IsNotQuoted() => Assert.That(_search.Find(null).Problem, Does.Not.Contain("\"\""));

    [Test]
    public void Find_DamagedLibraryOfTheDriver_IsAProblemUntilItIsWhole()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        var jit = _tree.Write($"usr/lib64/libnvidia-ptxjitcompiler.so.{Version}", ElfImage.Create("libnvidia-ptxjitcompiler.so.1")[..0x200]);

        Assert.That(_search.Find(Version).Problem, Does.Contain(jit));
        Assert.That(_search.Find(Version).Mounts, Is.Empty, "half of a driver is no driver");

        // Without a sign in the folder.
        File.WriteAllBytes(jit, ElfImage.Create("libnvidia-ptxjitcompiler.so.1"));
        Assert.That(_search.Find(Version).Problem, Is.Null);
        Assert.That(_search.Find(Version).Mounts, Has.Length.EqualTo(2));
    }

    [Test]
    public void Find_LibraryThatIsBeingWritten_IsSeenWhenItIsFilled()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        var jit = _tree.Write($"usr/lib64/libnvidia-ptxjitcompiler.so.{Version}", new byte[0x300]);
        Assert.That(_search.Find(Version).Mounts, Has.Length.EqualTo(1));

        File.WriteAllBytes(jit, ElfImage.Create("libnvidia-ptxjitcompiler.so.1"));
        Assert.That(_search.Find(Version).Mounts, Has.Length.EqualTo(2));
    }

    [Test]
    public void Find_FileBehindALinkVanishes_IsNotHandedOutAnyMore()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"opt/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        _tree.Link($"usr/lib64/libnvidia-ml.so.{Version}", $"/opt/libnvidia-ml.so.{Version}");
        Assert.That(_search.Find(Version).Mounts, Has.Length.EqualTo(2));

        File.Delete(Path.Combine(_tree.Root, "opt", $"libnvidia-ml.so.{Version}"));
        Assert.That(_search.Find(Version).Mounts, Has.All.Property("HostPath").Contains("libcuda"));

        WriteLibrary($"opt/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        Assert.That(_search.Find(Version).Mounts, Has.Length.EqualTo(2));
    }

    [Test]
    public void Find_DriverInstalledLater_IsSeen()
    {
        Assert.That(_search.Find(Version).Problem, Is.Not.Null);
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");

        Assert.That(_search.Find(Version).Problem, Is.Null);
    }

    [Test]
    public void Find_SameDriverAgain_DoesNotSearchAnew()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");

        var first = _search.Find(Version);

        Assert.That(_search.Find(Version), Is.SameAs(first));
        Assert.That(_search.Find("570.1"), Is.Not.SameAs(first));
    }

    private void WriteLibrary(string path, string? name) => _tree.Write(path, ElfImage.Create(name));

    private ReservedMount Mount(string path, string taskPath) =>
        new(Path.Combine(_tree.Root, path), taskPath, IsReadOnly: true);
}
