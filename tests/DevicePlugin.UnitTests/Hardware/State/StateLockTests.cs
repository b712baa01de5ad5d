using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StateLockTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("sl").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TryTake_Twice_IsHeld()
    {
        using var first = StateLock.TryTake(_folder, out _, out _);

        Assert.That(first, Is.Not.Null);
        Assert.That(StateLock.TryTake(_folder, out var isHeld, out _), Is.Null);
        Assert.That(isHeld, Is.True);
    }

    [Test]
    [Platform("Linux")]
    public void TryTake_DanglingLink_IsRefusedAndItsTargetIsNotMade()
    {
        var target = Path.Combine(_folder, "target");
        File.CreateSymbolicLink(Path.Combine(_folder, "lock"), target);

        Assert.That(StateLock.TryTake(_folder, out var isHeld, out var reason), Is.Null);
        Assert.That(isHeld, Is.False);
        Assert.That(reason, Is.EqualTo($"\"{_folder}/lock\": it is a link"));
        Assert.That(File.Exists(target), Is.False);
    }

    [TestCase(Hostility.Pipe)]
    [TestCase(Hostility.Folder)]
    [TestCase(Hostility.EndlessLink)]
    [TestCase(Hostility.Link)]
    [Platform("Linux")]
    public void TryTake_SomethingElseInItsPlace_IsRefused(Hostility hostility)
    {
        hostility.Put(Path.Combine(_folder, "lock"));

        var reason = Hostilities.WithinReason(() => StateLock.TryTake(_folder, out _, out var why) is null ? why : "taken");

        Assert.That(reason, Does.StartWith($"\"{_folder}/lock\": it is "));
    }

    [Test]
    [Platform("Linux")]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void TryTake_FileOfAnEarlierVersion_IsTheOwnersAlone()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root, who may open what nobody may write", "sudo");

        // Whoever can open it can take the lock, and the plugin would wait for it.
        var path = Path.Combine(_folder, "lock");
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead | UnixFileMode.GroupRead);

        using var taken = StateLock.TryTake(_folder, out _, out _);

        Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    [Platform("Linux")]
    public void TryTake_FolderThatCannotBeUsed_IsNotHeld()
    {
        // There, and not to be opened, as on a file system that became read-only.
        File.CreateSymbolicLink(Path.Combine(_folder, "lock"), "lock");

        Assert.That(StateLock.TryTake(_folder, out var isHeld, out var reason), Is.Null);
        Assert.That(isHeld, Is.False, reason);
        Assert.That(reason, Is.Not.Empty);
    }
}
