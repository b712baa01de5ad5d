using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Tools;

/// <summary>Whom a program could be exchanged by.</summary>
[Platform("Linux")]
internal sealed class ProgramTrustTests
{
    private const int GroupWrites = 0x10;
    private const int OthersWrite = 0x02;

    private TemporaryTree _tree = null!;
    private string _program = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _program = _tree.Write("usr/bin/tool");
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Resolve_RootsAlone_IsTheProgram() => Assert.That(Resolve(_program), Is.EqualTo(_program));

    [Test]
    public void Resolve_ThroughLinksOfFoldersAndFiles_IsTheFileBehindThem()
    {
        _tree.Link("bin", "usr/bin");
        _tree.Link("usr/bin/alias", Path.Combine(_tree.Root, "usr", "bin", "..", "bin", "tool"));

        Assert.That(Resolve(Path.Combine(_tree.Root, "bin", "alias")), Is.EqualTo(_program));
    }

    [TestCase("usr/bin/tool", "belongs to user 1000")]
    [TestCase("usr/bin", "belongs to user 1000")]
    [TestCase("usr", "belongs to user 1000")]
    [TestCase("", "belongs to user 1000")]
    public void Resolve_SomethingOnTheWayBelongsToAnother_IsRefused(string path, string reason) => AssertRefused(
        _program, reason, Path.Combine(_tree.Root, path), status => status with { Owner = 1000 });

    [TestCase("usr/bin/tool", OthersWrite)]
    [TestCase("usr/bin/tool", GroupWrites)]
    [TestCase("usr/bin", GroupWrites)]
    [TestCase("usr", OthersWrite)]
    public void Resolve_SomethingOnTheWayMayBeWritten_IsRefused(string path, int mode) => AssertRefused(
        _program, "is writable by users other than root", Path.Combine(_tree.Root, path), status => status with { Mode = status.Mode | mode });

    [Test]
    public void Resolve_LinkIntoAFolderOfOthers_IsRefused()
    {
        var target = _tree.Write("home/tool");
        var link = _tree.Link("usr/bin/other", target);

        AssertRefused(
            link, "belongs to user 1000", Path.Combine(_tree.Root, "home"), status => status with { Owner = 1000 });
    }

    [Test]
    public void Resolve_NotAProgramOfOneFile_IsRefused()
    {
        _tree.Link("circle", "circle");

        AssertRefused(Path.Combine(_tree.Root, "usr", "bin"), "is not a program");
        AssertRefused(Path.Combine(_tree.Root, "none"), "cannot be examined");
        AssertRefused(Path.Combine(_program, "more"), "is not a folder");
        AssertRefused(Path.Combine(_tree.Root, "circle"), "is a link that leads back to itself");
        AssertRefused("usr/bin/tool", "is not an absolute path");
    }

    [TestCase(0x400 | OthersWrite, false, Description = "sgid does not keep anybody from replacing what is in it")]
    [TestCase(0x200 | OthersWrite, true, Description = "like /tmp")]
    [TestCase(GroupWrites, false)]
    [TestCase(0, true)]
    public void ResolveTarget_FolderAboveMayBeWritten_IsRefusedUnlessItIsSticky(int mode, bool isTaken)
    {
        var resolved = ResolveTarget("usr", status => status with { Mode = status.Mode | mode }, [], out var distrust);

        Assert.That(resolved, isTaken ? Is.EqualTo(Path.Combine(_tree.Root, "usr", "bin")) : Is.Null);
        Assert.That(distrust, isTaken ? Is.Empty : Does.Contain("is writable by users other than its owner"));
    }

    [Test]
    public void ResolveTarget_StickyFolderItself_IsRefused()
    {
        Assert.That(ResolveTarget("usr/bin", status => status with { Mode = status.Mode | 0x200 | OthersWrite }, [], out _), Is.Null);
    }

    [Test]
    public void ResolveTarget_FolderOfAnotherUser_IsTakenAndNamed()
    {
        Dictionary<string, uint> owners = [];

        Assert.That(ResolveTarget("usr", status => status with { Owner = 64_000 }, owners, out _), Is.Not.Null);
        Assert.That(owners, Is.EqualTo(new Dictionary<string, uint> { [Path.Combine(_tree.Root, "usr")] = 64_000 }));
    }

    private string? ResolveTarget(
        string changed, Func<FileStatus, FileStatus> change, Dictionary<string, uint> owners, out string distrust) =>
        new ProgramTrust(path => Read(path, path == Path.Combine(_tree.Root, changed) ? change : null))
            .ResolveTarget(Path.Combine(_tree.Root, "usr", "bin"), owners, out distrust);

    private static void AssertRefused(
        string program, string reason, string? changed = null, Func<FileStatus, FileStatus>? change = null)
    {
        var resolved = new ProgramTrust(path => Read(path, path == changed ? change : null)).Resolve(program, out var distrust);

        Assert.That(resolved, Is.Null);
        Assert.That(distrust, Does.Contain(reason));
        if (changed is not null)
        {
            Assert.That(distrust, Does.StartWith($"\"{changed.TrimEnd('/')}\""));
        }
    }

    private static string? Resolve(string path) =>
        new ProgramTrust(seen => Read(seen, null)).Resolve(path, out _);

    // As if the tests' folder were root's alone.
    private static FileStatus? Read(string path, Func<FileStatus, FileStatus>? change) => FileStatus.Read(path) is { } status
        ? (change ?? (same => same))(status with { Owner = 0, Mode = status.Mode & ~(GroupWrites | OthersWrite) })
        : null;
}
