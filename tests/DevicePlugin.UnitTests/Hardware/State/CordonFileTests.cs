using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CordonFileTests
{
    private static readonly CordonRecord Record = new(
        [new Cordon("GPU-1", "RMA", "root", new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero)) { BoardSerial = "165" }]);

    private readonly TestLogs _logs = new();
    private string _folder = null!;

    private string FilePath => Path.Combine(_folder, "state", CordonFile.Name);

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("cf").FullName;
        _logs.ExpectErrors(entry => entry.EventId.Name == "CordonsNotRead");
    }

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Save_ThenLoad_IsTheSame()
    {
        Assert.That(Open().Load().Cordons, Is.Empty, "no file");
        Assert.That(Open().Save(Record), Is.Null);

        Assert.That(Open().Load().Cordons, Is.EqualTo(Record.Cordons));
        Assert.That(Open().Load().Problem, Is.Null);
    }

    [Test]
    public void Load_EveryTornFile_SaysThatItCannotBeRead()
    {
        Open().Save(Record);
        var whole = File.ReadAllBytes(FilePath);
        for (var length = 0; length < whole.Length - 1; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);

            Assert.That(Open().Load().Problem, Does.Contain(FilePath), $"{length} bytes");
            Assert.That(File.Exists(FilePath), "it stays for an operator to mend");
        }
    }

    [Test]
    public void Load_NotAFileOrALinkThatLeadsNowhere_SaysThatItCannotBeRead()
    {
        Directory.CreateDirectory(FilePath);
        Assert.That(Open().Load().Problem, Does.Contain("it is not a regular file"));

        Directory.Delete(FilePath);
        File.CreateSymbolicLink(FilePath, "/nowhere/cordons.json");
        Assert.That(Open().Load().Problem, Does.Contain("it is a link to \"/nowhere/cordons.json\""));
    }

    [Test]
    public void Load_AgainAndAgain_TellsAProblemOnce()
    {
        Open().Save(Record);
        File.WriteAllText(FilePath, "{");
        var file = Open();

        file.Load();
        file.Load();

        Assert.That(_logs.Named("CordonsNotRead").Count(), Is.EqualTo(1));
    }

    [Test]
    public void Save_FolderCannotBeMade_SaysWhy()
    {
        File.WriteAllText(Path.Combine(_folder, "state"), "a file where the folder should be");

        Assert.That(Open().Save(Record), Does.Contain("cannot be kept in"));
    }

    private CordonFile Open() => new(FilePath, _logs.CreateLogger<CordonFile>());
}
