using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthFileTests
{
    private static readonly HealthMemory Memory = new(
    [
        new RememberedCause("GPU-1", null, 79, "XID 79: GPU has fallen off the bus", DateTimeOffset.UnixEpoch)
        {
            Load = new DriverLoad("boot", "580 1"),
            LastSeen = DateTimeOffset.UnixEpoch.AddMinutes(5),
            Occurrences = 7,
        },
        new RememberedCause("GPU-2", DeviceFaultKind.RemapFailed, null, "row remap failed", DateTimeOffset.UnixEpoch)
        {
            Instance = "MIG-1",
            HeldUntil = DateTimeOffset.UnixEpoch.AddHours(1),
            Advice = "replace the board (serial number 1)",
            OverSince = DateTimeOffset.UnixEpoch.AddMinutes(50),
            Onsets = 4,
        },
    ])
    {
        JudgedLine = new KernelLogPosition("boot", 4711),
        Flaps =
        [
            new RememberedFlap("GPU-1", null, 79, 2)
            {
                Onsets = [DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(3)],
                Cleared = DateTimeOffset.UnixEpoch.AddMinutes(2),
            },
            new RememberedFlap("GPU-2", DeviceFaultKind.RemapFailed, null, 0)
            {
                Instance = "MIG-1", Onsets = [DateTimeOffset.UnixEpoch],
            },
        ],
        Contained = [new RememberedContainment("GPU-1", new DriverLoad("boot", "580 1")), new RememberedContainment("GPU-2", null)],
        Graces =
        [
            new RememberedGrace(
                "GPU-1", DeviceFaultKind.FabricNotReady, DateTimeOffset.UnixEpoch, new DriverLoad("boot", "580 1")),
        ],
    };

    private readonly TestLogs _logs = new();
    private string _folder = null!;

    private string StatePath => Path.Combine(_folder, "state", "health.json");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("nd").FullName;

    [TearDown]
    public void TearDown()
    {
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [TestCase(1)]
    [TestCase(-1)]
    public void Shift_DatesAtTheEndsOfTheCalendar_StayThere(int days)
    {
        var end = days > 0 ? DateTimeOffset.MaxValue : DateTimeOffset.MinValue;
        var flap = new RememberedFlap("GPU-1", null, 79, 0) { Onsets = [end], Cleared = end };
        var memory = new HealthMemory([new RememberedCause("GPU-1", null, 79, "XID 79", end) { HeldUntil = end }]) { Flaps = [flap] };

        Assert.That(memory.Shift(TimeSpan.FromDays(days)), Is.EqualTo(memory));
    }

    [Test]
    public void Peek_FileOfAnotherVersion_SaysSoAndLeavesIt()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        System.IO.File.WriteAllText(StatePath, "{\"version\": 99}");

        Assert.That(File().Peek(out var problem).IsEmpty);
        Assert.That(problem, Does.Contain("version 99"));
        Assert.That(System.IO.File.Exists(StatePath));
    }

    [TestCase(0, true)]
    [TestCase(1, false)]
    public void Peek_LongFile_IsReadUpToFourMebibytes(int bytesOver, bool isRead)
    {
        File().Save(Memory);
        System.IO.File.WriteAllText(
            StatePath, System.IO.File.ReadAllText(StatePath).PadRight((4 * 1024 * 1024) + bytesOver));

        Assert.That(File().Peek(out var problem).Causes, isRead ? Is.EqualTo(Memory.Causes) : Is.Empty);
        Assert.That(problem, isRead ? Is.Null : Does.Contain("it has more than 4194304 bytes"));
        Assert.That(File().Load().Causes, isRead ? Is.EqualTo(Memory.Causes) : Is.Empty);
        Assert.That(System.IO.File.Exists(StatePath), Is.EqualTo(isRead), "one that cannot be used is moved aside");
    }

    [Test]
    public void Load_AfterSave_GivesTheSame()
    {
        File().Save(Memory);

        var loaded = File().Load();
        Assert.That(loaded.Causes, Is.EqualTo(Memory.Causes));
        Assert.That(loaded.Flaps, Is.EqualTo(Memory.Flaps));
        Assert.That(loaded.Graces, Is.EqualTo(Memory.Graces));
        Assert.That(loaded.Contained, Is.EqualTo(Memory.Contained));
        Assert.That(loaded.JudgedLine, Is.EqualTo(Memory.JudgedLine));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(StatePath)!), Is.EqualTo(new[] { StatePath }));
        Assert.That(_logs.Entries, Is.Empty);
    }

    [Test]
    public void Load_NoFile_IsEmptyAndMakesNone()
    {
        Assert.That(File().Load().Causes, Is.Empty);
        File().Save(HealthMemory.Empty);

        Assert.That(Directory.GetFileSystemEntries(_folder), Is.Empty);
    }

    [Test]
    public void Load_OfAnEarlierVersion_HasNoFlaps()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        System.IO.File.WriteAllText(StatePath, """{"version": 1, "memory": {"causes": []}}""");

        Assert.That(File().Load(), Is.EqualTo(HealthMemory.Empty));
        Assert.That(_logs.Entries, Is.Empty);
    }

    [TestCase("")]
    [TestCase("not json")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("""{"pid": 4711}""")]
    [TestCase("""{"version": 0, "memory": {"causes": []}}""")]
    [TestCase("""{"version": 1, "memory": null}""")]
    [TestCase("""{"version": 1, "memory": {"causes": null}}""")]
    [TestCase("""{"version": 1, "memory": {"causes": [{"gpu": null}]}}""")]
    [TestCase("""{"version": 1, "memory": {"causes": [{"gpu": "GPU-1", "fault": "Sad", "what": "x", "since": "2026-11-23T03:00:00Z"}]}}""")]
    public void Load_BrokenOrForeign_IsMovedAsideWithAWarning(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(StatePath)!);
        System.IO.File.WriteAllText(StatePath, text);

        Assert.That(File().Load().Causes, Is.Empty);

        Assert.That(System.IO.File.Exists(StatePath), Is.False);
        Assert.That(System.IO.File.ReadAllText($"{StatePath}.unusable"), Is.EqualTo(text));
        Assert.That(_logs.Named("StateMovedAside").Count(), Is.EqualTo(1));
    }

    [Test]
    public void Load_Truncated_NeverThrows()
    {
        File().Save(Memory);
        var whole = System.IO.File.ReadAllBytes(StatePath);
        for (var length = 0; length < whole.Length; length += 7)
        {
            System.IO.File.WriteAllBytes(StatePath, whole[..length]);
            Assert.That(File().Load().Causes, Is.Empty, Encoding.UTF8.GetString(whole[..length]));
        }
    }

    [Test]
    public void Load_Clears_OfThisBootOnly()
    {
        var kept = new RememberedClear("GPU-1", new KernelLogPosition("boot", 1234));
        File().Save(HealthMemory.Empty with
        {
            Clears = [kept, new("GPU-2", new KernelLogPosition("another", 1)), new("GPU-4", new KernelLogPosition(null, 1))],
        });

        Assert.That(File().Load().Clears, Is.EqualTo([kept]));
    }

    [Test]
    public void Load_ClearsWithADate_AreNoneAndSpoilNothing()
    {
        File().Save(Memory);
        var text = System.IO.File.ReadAllText(StatePath).Replace(
            "\"clears\": []",
            "\"clears\": [{\"gpu\": \"GPU-1\", \"at\": \"2026-11-23T03:00:00Z\", \"boot_id\": \"boot\"}]",
            StringComparison.Ordinal);
        System.IO.File.WriteAllText(StatePath, text);

        Assert.That(text, Does.Contain("03:00:00Z"));
        Assert.That(File().Load(), Is.EqualTo(Memory));
    }

    [Test]
    public void Save_FolderCannotBeMade_IsOneWarning()
    {
        System.IO.File.WriteAllText(Path.Combine(_folder, "state"), "a file where the folder should be");
        var file = File();

        file.Save(Memory);
        file.Save(Memory);

        Assert.That(_logs.Named("StateNotWritten").Count(), Is.EqualTo(1));
    }

    private HealthFile File() => new(StatePath, "boot", _logs.CreateLogger(nameof(HealthFile)));
}
