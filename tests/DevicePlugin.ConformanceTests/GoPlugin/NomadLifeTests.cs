using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>
/// Everything that Nomad does with a plugin: a look at it, the check of its configuration, the long run with a crash
/// and new starts, and the end by a new agent.
/// </summary>
[TestFixtureSource(nameof(Connections))]
internal sealed class NomadLifeTests(string connection)
{
    private const int Gpus = 8;

    // A tenth of the 2 s after which go-plugin's host sends SIGKILL (client.go, Kill).
    private static readonly TimeSpan ExitLimit = TimeSpan.FromMilliseconds(200);

    private GoHostRun _run = null!;

    private static string[] Connections { get; } = ["plain", "auto-mtls"];

    [OneTimeSetUp]
    public async Task RunWholeLifeAsync() => _run = await RunAsync();

    [Test]
    public void EveryStep_Succeeds() => _run.AssertEveryStepSucceeded();

    [Test]
    public void PluginInfo_NamesTheExecutable() =>
        Assert.That(_run.Step("PluginInfo").Result.GetProperty("name").GetString(), Is.EqualTo("nomad-device-gpu"));

    [Test]
    public void Fingerprint_HasTheGpusOfTheDefaultScenario()
    {
        var group = _run.Groups().Single();

        Assert.Multiple(() =>
        {
            Assert.That(group.GetProperty("vendor").GetString(), Is.EqualTo("nvidia"));
            Assert.That(group.GetProperty("device_type").GetString(), Is.EqualTo("gpu"));
            Assert.That(group.GetProperty("device_name").GetString(), Is.EqualTo("NVIDIA H100 80GB HBM3"));
            Assert.That(_run.DeviceIds(), Has.Count.EqualTo(Gpus).And.All.StartsWith("GPU-"));
        });
    }

    [Test]
    public void Fingerprint_OfASecondStreamAndAfterRestarts_IsTheSame()
    {
        var all = _run.Steps.Where(step => step.Name == "Fingerprint")
            .Select(step => step.Result.GetRawText()).ToList();

        Assert.That(all, Has.Count.EqualTo(4));
        Assert.That(all.Distinct().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Reserve_OneAllAndNone_ListsWhatWasAskedFor()
    {
        var ids = _run.DeviceIds();
        var none = _run.Step("Reserve", 2).Result.GetProperty("container_res");

        Assert.Multiple(() =>
        {
            Assert.That(_run.Environment().GetProperty("NVIDIA_VISIBLE_DEVICES").GetString(), Is.EqualTo(ids[0]));
            Assert.That(
                _run.Environment(1).GetProperty("NVIDIA_VISIBLE_DEVICES").GetString(),
                Is.EqualTo(string.Join(',', ids)));
            Assert.That(none.EnumerateObject(), Is.Empty);
        });
    }

    [Test]
    public void Stats_AreThoseOfTheOfficialPluginAndMore()
    {
        var instances = _run.Step("Stats").Result.GetProperty("groups")[0].GetProperty("instance_stats");
        var names = instances.EnumerateObject().First().Value.GetProperty("stats").GetProperty("attributes")
            .EnumerateObject().Select(statistic => statistic.Name);

        Assert.That(names, Is.SupersetOf((string[])
        [
            "Memory state", "Power usage", "GPU utilization", "Memory utilization", "Encoder utilization",
            "Decoder utilization", "Temperature", "BAR1 buffer state", "ECC L1 errors", "ECC L2 errors",
            "ECC memory errors",
        ]));
    }

    [Test]
    public async Task Kill_WithOpenStreams_EndsTheProcessAtOnce()
    {
        string[] life = ["Launch", "SetConfig", "Fingerprint", "Stats", "Kill"];
        var run = await RunAsync([.. life, .. life, .. life]);

        run.AssertEveryStepSucceeded();
        // The best of three: a busy machine may delay one, and what waits for streams delays all.
        Assert.That(run.Steps.Where(step => step.Name == "Kill").Min(step => step.Duration), Is.LessThan(ExitLimit));
    }

    [Test]
    public void Logs_AreReadableForTheHostAndWithoutErrors()
    {
        var logs = _run.Steps.Where(step => step.Name is "Kill" or "Reattach" or "Crash")
            .Select(step => step.Result.GetProperty("log")).ToList();

        Assert.That(logs, Is.Not.Empty);
        Assert.That(logs.Where(log => log.TryGetProperty("unreadable", out _)), Is.Empty);
        Assert.That(logs.Where(log => log.TryGetProperty("errors", out _)), Is.Empty);
    }

    [Test]
    public async Task Kill_LeavesNothingInTheFolderForTemporaryFiles()
    {
        // A run of its own, because after a crash nobody is left who could tidy up.
        var run = await RunAsync("Launch", "SetConfig", "Fingerprint", "Kill");

        Assert.That(run.LeftBehind, Is.Empty);
    }

    private Task<GoHostRun> RunAsync(params string[] steps)
    {
        List<string> flags = ["-config", "backend = \"fake\""];
        if (connection == "auto-mtls")
        {
            flags.Add("-auto-mtls");
        }

        return GoHost.RunAsync(Repository.Executable(), flags, steps);
    }
}
