using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

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
            Mount($"usr/lib64/libcuda.so.{Version}", "/usr/local/nvidia/lib64/libcuda.so"),
            Mount("usr/bin/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi"),
        ]));
    }

    [Test]
    public void Find_LibraryOf32Bits_IsPassedOverForTheOneOf64()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Write($"usr/lib/libcuda.so.{Version}", ElfImage.Create("libcuda.so.1", machine: 3));
        _tree.Write($"usr/lib/libnvidia-ml.so.{Version}", "no library at all");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(CudaAlone($"usr/lib64/libcuda.so.{Version}")));
    }

    [Test]
    public void Find_OneLibraryInTwoFolders_IsMountedOnceFromTheFirst()
    {
        WriteLibrary($"usr/lib/x86_64-linux-gnu/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(CudaAlone($"usr/lib/x86_64-linux-gnu/libcuda.so.{Version}")));
    }

    [Test]
    public void Find_Links_AreFollowedInsideTheRootOnly()
    {
        WriteLibrary($"opt/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Link($"usr/lib64/libcuda.so.{Version}", $"/opt/libcuda.so.{Version}");
        _tree.Link("usr/bin/nvidia-smi", "../../../../../../../../bin/true");
        _tree.Link("usr/bin/nvidia-debugdump", "nvidia-debugdump");

        Assert.That(_search.Find(Version).Mounts, Is.EqualTo(CudaAlone($"opt/libcuda.so.{Version}")));
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
        Assert.That(NamesOf(_search.Find(Version)), Has.Exactly(2).Contains(".so.1"));
    }

    [Test]
    public void Find_LibraryThatIsBeingWritten_IsSeenWhenItIsFilled()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        var jit = _tree.Write($"usr/lib64/libnvidia-ptxjitcompiler.so.{Version}", new byte[0x300]);
        Assert.That(NamesOf(_search.Find(Version)), Has.Exactly(1).Contains(".so.1"));

        File.WriteAllBytes(jit, ElfImage.Create("libnvidia-ptxjitcompiler.so.1"));
        Assert.That(NamesOf(_search.Find(Version)), Has.Exactly(2).Contains(".so.1"));
    }

    [Test]
    public void Find_FileBehindALinkVanishes_IsNotHandedOutAnyMore()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"opt/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        _tree.Link($"usr/lib64/libnvidia-ml.so.{Version}", $"/opt/libnvidia-ml.so.{Version}");
        Assert.That(NamesOf(_search.Find(Version)), Has.Exactly(2).Contains(".so.1"));

        File.Delete(Path.Combine(_tree.Root, "opt", $"libnvidia-ml.so.{Version}"));
        Assert.That(_search.Find(Version).Mounts, Has.All.Property("HostPath").Contains("libcuda"));

        WriteLibrary($"opt/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        Assert.That(NamesOf(_search.Find(Version)), Has.Exactly(2).Contains(".so.1"));
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

    [Test]
    public void Find_LinksBesideALibrary_AreItsFurtherNames()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"usr/lib64/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        WriteLibrary("usr/lib64/libnvidia-ml.so.570.1", "libnvidia-ml.so.1");
        WriteLibrary("usr/lib64/libz.so.1.2", "libz.so.1");
        _tree.Link("usr/lib64/libcuda.so.1", $"libcuda.so.{Version}");
        _tree.Link("usr/lib64/libnvidia-ml.so.1", $"libnvidia-ml.so.{Version}");
        _tree.Link("usr/lib64/libnvidia-ml.so", "libnvidia-ml.so.1");
        _tree.Link("usr/lib64/libnvidia-ml.so.570", "libnvidia-ml.so.570.1");
        _tree.Link("usr/lib64/libz.so.1", "libz.so.1.2");

        var files = _search.Find(Version);

        Assert.That(NamesOf(files), Is.EqualTo(["libcuda.so.1", "libnvidia-ml.so.1", "libcuda.so", "libnvidia-ml.so"]));
        Assert.That(files.Links, Is.EqualTo((FileLink[])
        [
            new("/usr/local/nvidia/lib64/libcuda.so", "libcuda.so.1"),
            new("/usr/local/nvidia/lib64/libnvidia-ml.so", "libnvidia-ml.so.1"),
        ]));
        Assert.That(
            files.Mounts[3], Is.EqualTo(Mount($"usr/lib64/libnvidia-ml.so.{Version}", "/usr/local/nvidia/lib64/libnvidia-ml.so")));
    }

    [TestCase("libnvcuvid.so.1", "libnvcuvid.so")]
    [TestCase("libnvidia-encode.so.1", "libnvidia-encode.so")]
    [TestCase("libnvidia-opticalflow.so.1", "libnvidia-opticalflow.so")]
    [TestCase("libGLX_nvidia.so.0", "libGLX_indirect.so.0")]
    public void Find_NameThatProgramsAskForAndNoPackageHas_IsThere(string library, string name)
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary($"usr/lib64/{library[..^2]}.{Version}", library);

        Assert.That(NamesOf(_search.Find(Version)), Is.EquivalentTo(["libcuda.so.1", "libcuda.so", library, name]));
        Assert.That(_search.Find(Version).Links, Does.Contain(new FileLink($"/usr/local/nvidia/lib64/{name}", library)));
    }

    // As Debian's packages have it: the library's folder is not the loader's, and alternatives lead there.
    [Test]
    public void Find_LinksOverDebiansAlternatives_AreFollowedInTheRoot()
    {
        WriteLibrary($"usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Link("usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.1", $"libcuda.so.{Version}");
        _tree.Link("etc/alternatives/nvidia--libcuda.so.1", "/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.1");
        _tree.Link("usr/lib/x86_64-linux-gnu/libcuda.so.1", "/etc/alternatives/nvidia--libcuda.so.1");
        _tree.Link("usr/lib/x86_64-linux-gnu/libcuda.so.0", "libcuda.so.1");

        var files = _search.Find(Version);

        Assert.That(files.Mounts, Has.All.Property("HostPath").EqualTo(
            Path.Combine(_tree.Root, $"usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.{Version}")));
        Assert.That(NamesOf(files), Is.EqualTo(["libcuda.so.1", "libcuda.so", "libcuda.so.0"]));
    }

    [Test]
    public void Find_BrokenLinks_AreSkipped()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Link("usr/lib64/libcuda.so.2", "libcuda.so.3");
        _tree.Link("usr/lib64/libcuda.so.4", "libcuda.so.4");
        _tree.Link("usr/lib64/libcuda.so.5", $"../../../../../../../../../../usr/lib64/libcuda.so.{Version}");
        _tree.Link("usr/lib64/libcuda.so::6", $"libcuda.so.{Version}");

        Assert.That(NamesOf(_search.Find(Version)), Is.EqualTo(["libcuda.so.1", "libcuda.so"]));
    }

    // Red Hat's folder of the 32-bit libraries: its link leads to the other library, and means the name.
    [Test]
    public void Find_LinkBesideA32BitLibrary_NamesTheOneOf64Bits()
    {
        WriteLibrary($"usr/lib64/libnvidia-ml.so.{Version}", "libnvidia-ml.so.1");
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Write($"usr/lib/libnvidia-ml.so.{Version}", ElfImage.Create("libnvidia-ml.so.1", machine: 3));
        _tree.Link("usr/lib/libnvidia-ml.so", $"libnvidia-ml.so.{Version}");

        Assert.That(_search.Find(Version).Mounts, Does.Contain(
            Mount($"usr/lib64/libnvidia-ml.so.{Version}", "/usr/local/nvidia/lib64/libnvidia-ml.so")));
        Assert.That(_search.Find(Version).Mounts, Has.All.Property("HostPath").Contains("lib64"));
    }

    [Test]
    public void Find_CompilerOfOlderPrograms_IsGivenAlthoughItHasNoVersion()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        WriteLibrary("usr/lib64/libnvidia-nvvm70.so.4", "libnvidia-nvvm70.so.4");
        _tree.Write("usr/lib64/libnvidia-nvvm70.so.3", ElfImage.Create("libnvidia-nvvm70.so.3")[..0x200]);

        var files = _search.Find(Version);

        Assert.That(files.Problem, Is.Null, "what is damaged may be another driver's");
        Assert.That(NamesOf(files), Is.EqualTo(["libcuda.so.1", "libnvidia-nvvm70.so.4", "libcuda.so"]));
    }

    [Test]
    public void Find_OpenClDriver_IsNamedWhereLoadersLookForIt()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        Assert.That(_search.Find(Version).Mounts, Has.None.Property("TaskPath").StartsWith("/etc"));

        var file = _tree.Write("etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1");
        Assert.That(_search.Find(Version).Mounts, Does.Contain(new ReservedMount(file, "/etc/OpenCL/vendors/nvidia.icd", IsReadOnly: true)));

        File.Delete(file);
        Assert.That(_search.Find(Version).Mounts, Has.None.Property("TaskPath").StartsWith("/etc"));
    }

    // As while a package is upgraded: the alternatives come last, and in a folder of their own.
    [Test]
    public void Find_LinkThatLeadsSomewhereLater_IsSeenWithoutASignInItsFolder()
    {
        WriteLibrary($"usr/lib64/libcuda.so.{Version}", "libcuda.so.1");
        _tree.Link("usr/lib64/libcuda.so.0", "/etc/alternatives/libcuda");
        _tree.Link("etc/OpenCL/vendors/nvidia.icd", "/etc/alternatives/nvidia.icd");
        Assert.That(NamesOf(_search.Find(Version)), Is.EqualTo(["libcuda.so.1", "libcuda.so"]));

        _tree.Link("etc/alternatives/libcuda", $"/usr/lib64/libcuda.so.{Version}");
        _tree.Write("etc/alternatives/nvidia.icd");

        var whole = _search.Find(Version);
        Assert.That(NamesOf(whole), Is.EquivalentTo(["libcuda.so.1", "libcuda.so", "libcuda.so.0", "nvidia.icd"]));
        Assert.That(_search.Find(Version), Is.SameAs(whole), "nothing is looked for again");
    }

    private static IEnumerable<string> NamesOf(DriverFiles files) => files.Mounts.Select(mount => Path.GetFileName(mount.TaskPath));

    private ReservedMount[] CudaAlone(string path) =>
        [Mount(path, "/usr/local/nvidia/lib64/libcuda.so.1"), Mount(path, "/usr/local/nvidia/lib64/libcuda.so")];

    private void WriteLibrary(string path, string? name) => _tree.Write(path, ElfImage.Create(name));

    private ReservedMount Mount(string path, string taskPath) =>
        new(Path.Combine(_tree.Root, path), taskPath, IsReadOnly: true);
}
