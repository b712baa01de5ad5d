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
    public void Save_ThatTookTooLong_LeavesTheFileAsItIs()
    {
        Open().Save(Record);
        var late = new CordonFile(FilePath, _logs.CreateLogger<CordonFile>()) { MayReplace = () => false };

        Assert.That(late.Save(CordonRecord.Empty), Does.EndWith("a plugin may have started meanwhile"));
        Assert.That(Open().Load().Cordons, Is.EqualTo(Record.Cordons));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(FilePath)!), Has.Length.EqualTo(1));
    }

    [Test]
    public void Save_WhoseProcessDies_BetweenWriteAndRename_LeavesTheFileAsItIs()
    {
        Open().Save(Record);
        var dying = new CordonFile(FilePath, _logs.CreateLogger<CordonFile>())
        {
            MayReplace = () => throw new InvalidOperationException("killed"),
        };
        Assert.That(() => dying.Save(CordonRecord.Empty), Throws.InvalidOperationException);

        Assert.That(Open().Load().Cordons, Is.EqualTo(Record.Cordons));
        Assert.That(Open().Save(CordonRecord.Empty), Is.Null, "what the dead one left is in nobody's way");
        Assert.That(Open().Load().Cordons, Is.Empty);
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(FilePath)!), Has.Length.EqualTo(1));
    }

    [Test]
    public void Load_TextThatWasEditedByHand_IsOneShortLine()
    {
        Open().Save(new CordonRecord([Record.Cordons[0] with { Reason = $"a\n\u001b[31m{new string('x', 10_000)}", By = new string('y', 999) }]));

        var cordon = Open().Load().Cordons.Single();
        Assert.That(cordon.Reason, Has.Length.EqualTo(200).And.StartWith("a [31mxxx"));
        Assert.That(cordon.By, Has.Length.EqualTo(64));
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
