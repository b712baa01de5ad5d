using DevicePlugin.Hardware.State;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class MaintenanceFileTests
{
    private string _folder = null!;

    private string FilePath => Path.Combine(_folder, "maintenance");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("nd").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_NoFile_IsNull()
    {
        Assert.That(new MaintenanceFile(FilePath).Read(), Is.Null);
        Assert.That(new MaintenanceFile(Path.Combine(_folder, "none", "file")).Read(), Is.Null);
        Assert.That(new MaintenanceFile(_folder).Read(), Is.Null, "a folder");
    }

    [TestCase("", "")]
    [TestCase("  \n", "")]
    [TestCase("driver upgrade\n", "driver upgrade")]
    [TestCase("two\nlines\twith\u0007 noise", "two lines with noise")]
    public void Read_File_IsItsTextInOneLine(string text, string expected)
    {
        File.WriteAllText(FilePath, text);

        Assert.That(new MaintenanceFile(FilePath).Read(), Is.EqualTo(expected));
    }

    [Test]
    public void Read_HugeOrBinary_IsBounded()
    {
        File.WriteAllText(FilePath, new string('x', 1_000_000));
        Assert.That(new MaintenanceFile(FilePath).Read(), Has.Length.EqualTo(200));

        File.WriteAllBytes(FilePath, [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))]);
        Assert.That(new MaintenanceFile(FilePath).Read(), Has.Length.LessThanOrEqualTo(200));
    }
}
