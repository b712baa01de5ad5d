using DevicePlugin.Hardware.State;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.State;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FormerStateTests
{
    private readonly TestLogs _logs = new();
    private string _folder = null!;

    private string Former => Path.Combine(_folder, "run", "health.json");

    private string Present => Path.Combine(_folder, "lib", "health.json");

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("fs").FullName;
        Directory.CreateDirectory(Path.GetDirectoryName(Former)!);
        File.WriteAllText(Former, "former");
    }

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void TakeOver_MovesTheFileOnce()
    {
        TakeOver();
        TakeOver();

        Assert.That(File.ReadAllText(Present), Is.EqualTo("former"));
        Assert.That(File.Exists(Former), Is.False);
        Assert.That(_logs.Named("StateTakenOver").Count(), Is.EqualTo(1));
    }

    [Test]
    public void TakeOver_WhereThereIsAFileAlready_LeavesBoth()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Present)!);
        File.WriteAllText(Present, "present");

        TakeOver();

        Assert.That(File.ReadAllText(Present), Is.EqualTo("present"));
        Assert.That(File.Exists(Former));
    }

    [Test]
    public void TakeOver_ThatCannotBeDone_LosesNothingAndSaysSo()
    {
        File.WriteAllText(Path.Combine(_folder, "lib"), "a file where the folder should be");

        TakeOver();

        Assert.That(File.ReadAllText(Former), Is.EqualTo("former"));
        Assert.That(_logs.Named("StateNotTakenOver").Count(), Is.EqualTo(1));
    }

    private void TakeOver() => FormerState.TakeOver(
        "health.json", Path.GetDirectoryName(Former)!, Path.GetDirectoryName(Present)!, _logs.CreateLogger<FormerStateTests>());
}
