using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using DevicePlugin.Gpu.Changes;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Hooks;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.Examples;

/// <summary>The script that marks a node, with what the plugin writes and a stand-in for the nomad command.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DrainNodeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
    private static readonly string Script = ExampleFiles.PathOf("on-change/drain-node.sh");

    private DirectoryInfo _cluster = null!;

    [SetUp]
    public void SetUp()
    {
        Prerequisite.Command("flock", "util-linux");
        _cluster = Directory.CreateTempSubdirectory("cluster-");
        _cluster.CreateSubdirectory("nodes");
        var bin = _cluster.CreateSubdirectory("bin");
        var nomad = Path.Combine(bin.FullName, "nomad");
        File.Copy(Path.Combine(Repository.Root, "tests/DevicePlugin.ConformanceTests/Examples/nomad.sh"), nomad);
        File.SetUnixFileMode(nomad, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    [TearDown]
    public void TearDown() => _cluster?.Delete(recursive: true);

    [Test]
    public async Task TwentyNodesAtOnce_StayWithinTwentyPercent()
    {
        AddNodes(20);

        var runs = await Task.WhenAll(Enumerable.Range(0, 20).Select(node => RunAsync(Input(Broken), node)));

        Assert.That(Ineligible(), Is.EqualTo(4), string.Join('\n', runs));
        Assert.That(runs.Count(run => run.ExitCode == 0), Is.EqualTo(4));
        Assert.That(
            runs.Where(run => run.ExitCode != 0).Select(run => run.Errors), Has.Exactly(16).Items.And.All.Contains("4 of 20 nodes"));
    }

    [TestCase(5, 0, 1)]
    [TestCase(4, 0, 0, Description = "one of four would be 25 %")]
    [TestCase(10, 1, 2)]
    [TestCase(10, 2, 2)]
    public async Task Limit_CountsTheNodeThatIsMarked(int nodes, int before, int expected)
    {
        AddNodes(nodes);
        for (var i = 0; i < before; i++)
        {
            SetNode(nodes - 1 - i, "default ineligible ready");
        }

        await RunAsync(Input(Broken), 0);

        Assert.That(Ineligible(), Is.EqualTo(expected));
    }

    [TestCase("other eligible ready", 0, Description = "nodes of another pool do not count")]
    [TestCase("default eligible down", 0, Description = "nodes that are down have no capacity to spare")]
    [TestCase("default eligible ready", 1)]
    public async Task Limit_IsOfTheNodesThatThereAre(string fifth, int expected)
    {
        AddNodes(4);
        SetNode(4, fifth);

        await RunAsync(Input(Broken), 0);

        Assert.That(Ineligible(), Is.EqualTo(expected));
    }

    [Test]
    public async Task NodeThatIsIneligible_IsLeftAlone()
    {
        AddNodes(10);
        SetNode(0, "default ineligible ready");

        var run = await RunAsync(Input(Broken), 0);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(File.ReadAllText(Path.Combine(_cluster.FullName, "calls")), Does.Not.Contain("eligibility"));
    }

    [Test]
    public async Task WhatNeedsNoRepair_AsksNomadNothing()
    {
        AddNodes(10);
        var harmless = Broken with { Causes = [Cause("mps_unavailable")] };
        var reportedOnly = Broken with { Device = Broken.Device with { Health = DeviceHealth.Healthy } };
        var partly = Broken with { Causes = [Cause("mps_unavailable"), Cause("xid") with { IsWithheld = false }] };
        var cordoned = Broken with
        {
            Device = Broken.Device with { Cordon = "cordoned" },
            Cordon = new Cordon("GPU-1", "RMA", "root", Now),
        };
        var treacherous = reportedOnly with { Causes = [Cause("mps_unavailable", "\",\"withheld\":true,\"cause\":\"gpu_lost\"")] };
        var well = Broken with { Causes = [], Device = Broken.Device with { Health = DeviceHealth.Healthy } };

        foreach (var input in new[]
        {
            Input(well), Input(harmless), Input(reportedOnly), Input(partly), Input(cordoned), Input(treacherous),
            Input(reportedOnly, harmless), Input([Broken], isSimulated: true),
        })
        {
            var run = await RunAsync(input, 0);
            Assert.That(run.ExitCode, Is.Zero, $"{input}\n{run.Errors}");
        }

        Assert.That(File.Exists(Path.Combine(_cluster.FullName, "calls")), Is.False);
        Assert.That((await RunAsync(Input(well, Broken), 0)).ExitCode, Is.Zero);
        Assert.That(Ineligible(), Is.EqualTo(1), "one of two devices");
    }

    [Test]
    public async Task OtherSchemaVersion_Fails()
    {
        AddNodes(10);

        Assert.That((await RunAsync("""{"schema_version":2,"devices":[]}""", 0)).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task WordsOfTheScript_AreThoseOfThePlugin()
    {
        var text = await File.ReadAllTextAsync(Script);
        var begin = text.IndexOf("REPAIR_CAUSES=\"", StringComparison.Ordinal) + "REPAIR_CAUSES=\"".Length;
        var words = text[begin..text.IndexOf('"', begin)].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        Assert.That(words, Is.SubsetOf(CauseTable.All.Select(entry => entry.Word)));
    }

    [Test]
    public void Script_IsWithoutFindings()
    {
        var shellcheck = Prerequisite.Command("shellcheck", "shellcheck");

        using var process = Process.Start(new ProcessStartInfo(shellcheck, [Script]) { RedirectStandardOutput = true })!;
        var findings = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, findings);
    }

    private static DeviceCondition Broken { get; } = new(
        new InventoryDevice("GPU-1", TestGpus.Gpu(1), new DeviceHealth(HealthState.Unhealthy, "row remap failed", Now)),
        [Cause("mps_unavailable"), Cause("row_remap_failed")], null);

    private static CauseReport Cause(string word, string text = "a \"text\"") => new(word, text, "", Now, Now, 1);

    private static string Input(params ImmutableArray<DeviceCondition> devices) => Input(devices, isSimulated: false);

    private static string Input(ImmutableArray<DeviceCondition> devices, bool isSimulated) =>
        Encoding.UTF8.GetString(ChangeJson.Write(new ConditionChanges(devices, isSimulated), "node", Now));

    private void AddNodes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            SetNode(i, "default eligible ready");
        }
    }

    private void SetNode(int node, string line) =>
        File.WriteAllText(Path.Combine(_cluster.FullName, "nodes", $"{node}"), line + "\n");

    private int Ineligible() => _cluster.CreateSubdirectory("nodes").GetFiles()
        .Count(file => File.ReadAllText(file.FullName).Contains(" ineligible ", StringComparison.Ordinal));

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string input, int node)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", [Script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["CLUSTER"] = _cluster.FullName, ["NODE"] = $"{node}", ["PATH"] = $"{_cluster.FullName}/bin:/usr/bin:/bin",
            },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
