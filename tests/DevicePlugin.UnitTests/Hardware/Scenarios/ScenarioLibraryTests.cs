using System.Text;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

internal sealed class ScenarioLibraryTests
{
    private static IReadOnlyList<string> Names => ScenarioLibrary.Names;

    [Test]
    public void BuiltIn_AreThoseThatTheDocsName() =>
        Assert.That(Names, Is.EqualTo((string[])
        [
            "a100", "dgx-a100-mig", "dgx-h100", "gb10", "gb200", "l40s", "no-driver", "no-gpu", "old-driver", "sick",
            "t4",
        ]));

    [TestCaseSource(nameof(Names))]
    public void BuiltIn_Written_ReadsAsTheSameNode(string name)
    {
        var scenario = ScenarioLibrary.Open(name);

        var copy = Scenario.Parse(Encoding.UTF8.GetBytes(scenario.ToJson()));

        Assert.Multiple(() =>
        {
            Assert.That(copy, Is.EqualTo(scenario));
            Assert.That(copy.ToJson(), Is.EqualTo(scenario.ToJson()));
            Assert.That(copy.Description, Is.EqualTo(scenario.Description).And.Not.Empty);
        });
    }

    [Test]
    public void DgxH100_HasTheCapturesFigures()
    {
        var gpus = ScenarioLibrary.Open("dgx-h100").Gpus;

        Assert.Multiple(() =>
        {
            Assert.That(gpus, Has.Length.EqualTo(8));
            Assert.That(
                gpus.Select(gpu => gpu[PowerKeys.UsageWatts]),
                Is.EqualTo((double[])[68.57, 67.01, 67.45, 71.37, 66.66, 68.11, 69.8, 68.07]));
            Assert.That(
                gpus.Select(gpu => gpu[ThermalKeys.GpuC]), Is.EqualTo((long[])[29, 30, 29, 32, 32, 29, 31, 29]));
            Assert.That(gpus.Select(gpu => gpu[MemoryKeys.FreeMiB]), Is.All.EqualTo(81080));
            Assert.That(gpus[3][IdentityKeys.BoardPartNumber], Is.EqualTo("965-2G520-A800-000"));
            Assert.That(gpus[7].Uuid(), Is.EqualTo("GPU-00000007-0000-0000-0000-000000000007"));
        });
    }

    [Test]
    public void Find_NeitherNameNorFile_SaysSoWhenOpened()
    {
        var source = ScenarioLibrary.Find("dgx-h1000");

        Assert.That(source.Open, Throws.TypeOf<ScenarioException>()
            .With.Message.Contains("dgx-h1000").And.Message.Contains("dgx-h100, "));
    }

    [TestCase("")]
    [TestCase("a\0b")]
    [TestCase("/")]
    [TestCase("/proc/self/mem")]
    [TestCase("/dev/zero")]
    public void Open_PathThatIsNoScenario_IsAScenarioException(string path) =>
        Assert.That(() => ScenarioLibrary.Open(path), Throws.TypeOf<ScenarioException>());
}
