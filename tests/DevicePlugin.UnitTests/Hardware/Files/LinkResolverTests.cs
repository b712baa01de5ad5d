using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Files;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
internal sealed class LinkResolverTests
{
    private readonly TemporaryTree _tree = new();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Resolve_FolderThatIsALink_CountsFromTheRoot()
    {
        var file = _tree.Write("usr/lib/libcuda.so");
        _tree.Link("lib", "/usr/lib");
        _tree.Link("deep/lib", "../lib");

        Assert.That(Resolve("lib/libcuda.so"), Is.EqualTo(file));
        Assert.That(Resolve("deep/lib/libcuda.so"), Is.EqualTo(file), "a link to a link");
    }

    // Each of them leads to /etc/hostname of the host, if only the last part of a path is looked at.
    [TestCase("lib", "/etc", "lib/hostname")]
    [TestCase("lib", "../../../../../../etc", "lib/hostname")]
    [TestCase("hostname", "/etc/hostname", "hostname")]
    [TestCase("hostname", "../../../../../../etc/hostname", "hostname")]
    public void Resolve_LinkOutOfTheRoot_IsNull(string link, string target, string path)
    {
        _tree.Link(link, target);

        Assert.That(Resolve(path), Is.Null);
        Assert.That(File.Exists(Path.Combine(_tree.Root, path)), Is.EqualTo(File.Exists("/etc/hostname")), "the trap works");
    }

    [Test]
    public void Resolve_ParentOfALinkedFolder_IsThatOfItsTarget()
    {
        var file = _tree.Write("a/libcuda.so");
        _tree.Write("a/b/file");
        _tree.Link("other/b", "/a/b");
        _tree.Link("libcuda.so", "other/b/../libcuda.so");

        Assert.That(Resolve("libcuda.so"), Is.EqualTo(file));
    }

    [Test]
    public void Resolve_LoopDanglingLinkOrFolder_IsNull()
    {
        _tree.Link("self", "self");
        _tree.Link("a", "b/x");
        _tree.Link("b", "a");
        _tree.Link("gone", "nowhere");
        _tree.Write("folder/file");

        foreach (var path in (string[])["self", "self/file", "a", "b/x", "gone", "folder", "../tree"])
        {
            Assert.That(Resolve(path), Is.Null, path);
        }
    }

    [Test]
    public void Resolve_UnderTheRootOfTheNode_ParentOfTheRootIsTheRoot()
    {
        var file = _tree.Write("file");
        _tree.Link("up", string.Concat(Enumerable.Repeat("../", 20)) + file[1..]);

        Assert.That(LinkResolver.Resolve("/", Path.Combine(_tree.Root, "up")), Is.EqualTo(file));
    }

    private string? Resolve(string path) => LinkResolver.Resolve(_tree.Root, Path.Combine(_tree.Root, path));
}
