using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.TimeSlicing;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.State;

/// <summary>What an older version does with the records of a newer one, after a downgrade.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StateVersionTests : IDisposable
{
    private const string Newer = """{"version": 2, "members": "of another kind"}""";

    private static readonly Dictionary<string, Func<string, ILogger, bool>> IsEmpty = new(StringComparer.Ordinal)
    {
        ["health.json"] = (path, logger) => new HealthFile(path, "boot", logger).Load() == HealthMemory.Empty,
        ["gpus.json"] = (path, logger) => new KnownGpuFile(path, logger).Load() == KnownGpuMemory.Empty,
        ["mps.json"] = (path, logger) => new MpsFile(Path.GetDirectoryName(path)!, "boot", logger).Records.Length == 0,
        ["cdi.json"] = (path, logger) => new CdiChoiceFile(path, logger).Load() is null,
        ["time-slices"] = (path, logger) => new TimeSliceFile(path, "boot", logger).Load().Count == 0,
    };

    private readonly TemporaryTree _tree = new();
    private readonly TestLogs _logs = new();

    private static IEnumerable<string> Names => IsEmpty.Keys;

    public void Dispose()
    {
        _tree.Dispose();
        _logs.Dispose();
    }

    [TestCaseSource(nameof(Names))]
    public void Load_FileOfANewerVersion_IsSetAsideAndSaidSo(string name)
    {
        var text = name == "time-slices" ? "version 2\nboot boot\nGPU-3a0cbd5e-d3a8-4a6b-8a5e-1d6a4e0b7c11\n" : Newer;
        var path = _tree.Write(name, text);

        Assert.That(IsEmpty[name](path, _logs.CreateLogger("test")), Is.True);

        Assert.Multiple(() =>
        {
            Assert.That(File.Exists(path), Is.False);
            Assert.That(File.ReadAllText($"{path}.newer"), Is.EqualTo(text));
            Assert.That(
                _logs.Named("StateMovedAside").Single().Message,
                Does.Contain("a newer version of the plugin wrote it").And.Contain($"{path}.newer"));
        });
    }

    // What is cordoned must not be given to tasks because the plugin was changed.
    [Test]
    public void Load_CordonsOfANewerVersion_StayAndKeepEveryGpuFromTasks()
    {
        var path = _tree.Write("cordons.json", Newer);
        _logs.ExpectErrors(entry => entry.EventId.Name == "CordonsNotRead");

        var record = new CordonFile(path, _logs.CreateLogger("test")).Load();

        Assert.That(record.Problem, Does.Contain("a newer version of the plugin wrote it"));
        Assert.That(File.ReadAllText(path), Is.EqualTo(Newer));
    }
}
