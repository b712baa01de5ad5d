using DevicePlugin.Hardware.State;

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
    public void TryTake_FolderThatCannotBeUsed_IsNotHeld()
    {
        // There, and not to be opened, as on a file system that became read-only.
        File.CreateSymbolicLink(Path.Combine(_folder, "lock"), "lock");

        Assert.That(StateLock.TryTake(_folder, out var isHeld, out var reason), Is.Null);
        Assert.That(isHeld, Is.False, reason);
        Assert.That(reason, Is.Not.Empty);
    }
}
