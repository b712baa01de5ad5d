using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MaintenanceFileTests
{
    private string _folder = null!;

    private readonly TestLogs _logs = new();

    private string FilePath => Path.Combine(_folder, "maintenance");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("nd").FullName;

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Read_NoFile_IsNull()
    {
        Assert.That(Open().Read(), Is.Null);
        Assert.That(Open(Path.Combine(_folder, "none", "file")).Read(), Is.Null);
        Assert.That(Open(_folder).Read(), Is.Null, "a folder");
    }

    [Test]
    public void Read_FormerPath_IsHeededAndToldOnce()
    {
        var former = Path.Combine(_folder, "former");
        File.WriteAllText(former, "driver");
        var file = new MaintenanceFile(FilePath, former, _logs.CreateLogger<MaintenanceFile>());

        Assert.That(file.Read()?.Reason, Is.EqualTo("driver"));
        file.Read();
        Assert.That(_logs.Entries.Select(entry => entry.Message), Has.One.Contains(former));

        File.WriteAllText(FilePath, "here");
        Assert.That(file.Read()?.Reason, Is.EqualTo("here"));
    }

    [TestCase("reset", true, new string[0])]
    [TestCase("driver\nreset GPU-1\n reset GPU-2 \n", false, new[] { "GPU-1", "GPU-2" })]
    [TestCase("reset after XID 79", false, new string[0])]
    [TestCase("reset GPU-1 and GPU-2", false, new string[0])]
    [TestCase("reset: all", false, new string[0])]
    [TestCase("Reset", false, new string[0])]
    [TestCase("reset ../etc", false, new string[0])]
    [TestCase("do not reset", false, new string[0])]
    public void Read_ResetLines_AreExactlyThat(string text, bool all, string[] gpus)
    {
        File.WriteAllText(FilePath, text);

        var maintenance = Open().Read()!;

        Assert.That(maintenance.ResetsAll, Is.EqualTo(all));
        Assert.That(maintenance.Resets, Is.EqualTo(gpus));
    }

    [TestCase(1000u, 0x81A4, "belongs to user 1000")]
    [TestCase(0u, 0x81B4, "others than root")]
    [TestCase(0u, 0x81A6, "others than root")]
    public void Read_ResetLinesOfAFileThatOthersMayWrite_AreIgnored(uint owner, int mode, string reason)
    {
        File.WriteAllText(FilePath, "reset");
        var file = Open(status: new FileStatus(1, mode, owner, 0, 0));

        Assert.That(file.Read(), Is.EqualTo(new Maintenance("reset")), "maintenance holds");
        file.Read();
        Assert.That(_logs.Entries.Select(entry => entry.Message), Has.One.Contains(reason));
    }

    [Test]
    public void Read_ResetLineThatIsCutOff_IsIgnored()
    {
        // Cut off there, the last line would declare all GPUs reset.
        File.WriteAllText(FilePath, new string('x', 4090) + "\nreset GPU-1");

        Assert.That(Open().Read()?.DeclaresReset, Is.False);
        Assert.That(_logs.Entries.Select(entry => entry.Message), Has.One.Contains("more than 4096 bytes"));
    }

    [TestCase(Hostility.Pipe, "not a regular file")]
    [TestCase(Hostility.EndlessLink, "not a regular file")]
    [TestCase(Hostility.Link, "a link")]
    [Platform("Linux")]
    public void Read_PipeDeviceOrLink_IsMaintenanceAndNotReadAndLoggedOnce(Hostility hostility, string reason)
    {
        hostility.Put(FilePath);
        var file = Open();

        Assert.That(file.Read(), Is.EqualTo(new Maintenance("")));
        file.Read();
        Assert.That(_logs.Named("MaintenanceFileNotRead").Select(entry => entry.Message), Has.One.Contains(reason));
    }

    [Test]
    [Platform("Linux")]
    public void Read_TwoFilesThatCannotBeRead_EachIsLoggedOnce()
    {
        var former = Path.Combine(_folder, "former");
        Hostility.Pipe.Put(former);
        var file = new MaintenanceFile(FilePath, former, _logs.CreateLogger<MaintenanceFile>());
        file.Read();
        Hostility.Pipe.Put(FilePath);
        file.Read();
        File.Delete(FilePath);
        file.Read();

        Assert.That(_logs.Named("MaintenanceFileNotRead").Select(entry => entry.Message), Is.EqualTo(new[]
        {
            $"The maintenance file \"{former}\"", $"The maintenance file \"{FilePath}\"",
        }).Using<string, string>((actual, expected) => actual.StartsWith(expected, StringComparison.Ordinal)));

        Hostility.Pipe.Put(FilePath);
        file.Read();
        Assert.That(_logs.Named("MaintenanceFileNotRead").Count(), Is.EqualTo(3), "another file, which came later");
    }

    [Test]
    public void Read_ResetLinesOfTwoFilesThatOthersMayWrite_EachIsLoggedOnce()
    {
        var former = Path.Combine(_folder, "former");
        File.WriteAllText(former, "reset");
        var file = new MaintenanceFile(
            FilePath, former, _logs.CreateLogger<MaintenanceFile>(), _ => new FileStatus(1, 0x81A4, 1000, 0, 0));
        file.Read();
        File.WriteAllText(FilePath, "reset");
        file.Read();
        file.Read();

        Assert.That(_logs.Named("ResetLinesIgnored").Count(), Is.EqualTo(2));
    }

    [Test]
    public void Read_DanglingSymlink_IsNull()
    {
        Hostility.DanglingLink.Put(FilePath);

        Assert.That(Open().Read(), Is.Null);
    }

    [Test]
    public void Read_ResetLinesBehindALink_AreIgnored()
    {
        var target = Path.Combine(_folder, "target");
        File.WriteAllText(target, "reset");
        File.CreateSymbolicLink(FilePath, target);

        Assert.That(Open().Read()?.DeclaresReset, Is.False);
    }

    [TestCase("", "")]
    [TestCase("  \n", "")]
    [TestCase("driver upgrade\n", "driver upgrade")]
    [TestCase("two\nlines\twith\u0007 noise", "two lines with noise")]
    public void Read_File_IsItsTextInOneLine(string text, string expected)
    {
        File.WriteAllText(FilePath, text);

        Assert.That(Open().Read()?.Reason, Is.EqualTo(expected));
    }

    [Test]
    public void Read_HugeOrBinary_IsBounded()
    {
        File.WriteAllText(FilePath, new string('x', 1_000_000));
        Assert.That(Open().Read()?.Reason, Has.Length.EqualTo(200));

        File.WriteAllBytes(FilePath, [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))]);
        Assert.That(Open().Read()?.Reason, Has.Length.LessThanOrEqualTo(200));
    }

    // A file of root, mode 0644.
    private MaintenanceFile Open(string? path = null, FileStatus? status = null) => new(
        path ?? FilePath, null, _logs.CreateLogger<MaintenanceFile>(), _ => status ?? new FileStatus(1, 0x81A4, 0, 0, 0));
}
