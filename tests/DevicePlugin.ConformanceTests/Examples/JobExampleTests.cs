using System.Text.RegularExpressions;
using DevicePlugin.ConformanceTests.CommandLine;
using DevicePlugin.ConformanceTests.GoPlugin;

namespace DevicePlugin.ConformanceTests.Examples;

/// <summary>
/// The device blocks of the jobs, evaluated by the rules of Nomad's scheduler against what the plugin offers on the fake
/// node that the job names.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class JobExampleTests
{
    [TestCaseSource(typeof(ExampleFiles), nameof(ExampleFiles.Jobs))]
    public async Task Place_ExampleOfAJob_FindsAGroupAndEveryAffinityMeansSomething(string name)
    {
        var path = ExampleFiles.PathOf(name);
        var text = await File.ReadAllTextAsync(path);

        var run = await PlaceAsync(path, Named(text, "Scenario"));

        run.AssertEveryStepSucceeded();
        Assert.That(
            run.Step("Place").Result.EnumerateArray().Where(placed => placed.TryGetProperty("idle", out _)), Is.Empty);
        Assert.That(ExampleFiles.Agents, Has.Member(Named(text, "Agent")));
    }

    [Test]
    public async Task UpgradeJob_VerifiesWhatItFetchesAndGivesOptionsThatInstallHas()
    {
        var text = await File.ReadAllTextAsync(ExampleFiles.PathOf(ExampleFiles.UpgradeJob));
        var arguments = Regex.Matches(Regex.Match(text, @"args += \[(.*)\]").Groups[1].Value, "\"([^\"]+)\"")
            .Select(match => match.Groups[1].Value).ToList();
        var help = (await Cli.RunAsync(arguments[0], "--help")).Output;

        Assert.That(text, Does.Match("type += \"sysbatch\"").And.Match("checksum = \"sha256:[0-9a-f]{64}\""));
        Assert.That(arguments, Has.Member("--restart-plugin"));
        Assert.That(arguments.Where(argument => argument.StartsWith('-') && !help.Contains($"{argument} ")), Is.Empty);
        Assert.That(ExampleFiles.Agents, Has.Member(Named(text, "Agent")));
    }

    [Test]
    public async Task Place_JobForMigInstances_TakesTheInstancesItIsAbout()
    {
        var run = await PlaceAsync(ExampleFiles.PathOf("mig-job.nomad.hcl"), "dgx-a100-mig");

        Assert.That(Groups(run), Is.EqualTo(
            ["nvidia/gpu/NVIDIA A100-SXM4-40GB MIG 3g.20gb", "nvidia/gpu/NVIDIA A100-SXM4-40GB MIG 2g.10gb"]));
    }

    [TestCase("memory", ">=", "40 GiB", true)]
    [TestCase("memory", ">=", "40000 MB", true)]
    [TestCase("memory", ">=", "80 GiB", false)]
    [TestCase("memory", ">=", "40", false, Description = "no unit")]
    [TestCase("memory", ">=", "1 MHz", false, Description = "a unit of another kind")]
    [TestCase("memory", ">=", "1 gib", false, Description = "no unit of Nomad's: text")]
    [TestCase("memory", ">=", "1 GiB/s", false, Description = "a rate")]
    [TestCase("memory", "!=", "40", false, Description = "values that cannot be compared do not differ either")]
    [TestCase("power", "=", "0.7 kW", true)]
    [TestCase("cores_clock", ">", "1.9 GHz", true)]
    [TestCase("pci_bandwidth", ">=", "60 GB/s", true)]
    [TestCase("compute_capability", ">=", "8.9", true)]
    [TestCase("compute_capability", "=", "9", true)]
    [TestCase("compute_capability", "version", ">= 8.9", false, Description = "no text and no whole number")]
    [TestCase("compute_capability_major", "version", ">= 9", true)]
    [TestCase("driver_version", "version", ">= 580.0, < 600", true)]
    [TestCase("driver_version", "version", ">= 590.0", false)]
    [TestCase("driver_version", ">=", "580", false, Description = "text against a number")]
    [TestCase("driver_version", "=", "580.105.08", true)]
    [TestCase("ecc_mode", "=", "Enabled", true)]
    [TestCase("ecc_mode", "=", "true", false, Description = "a word against a bool")]
    [TestCase("simulated", "=", "true", true)]
    [TestCase("architecture", "regexp", "^(ada|hopper)$", true)]
    [TestCase("architecture", "set_contains_any", "ada,hopper", true)]
    [TestCase("architecture", "set_contains", "ada,hopper", false)]
    [TestCase("mig_profile", "=", "1g.10gb", false, Description = "absent")]
    [TestCase("mig_profile", "!=", "1g.10gb", true, Description = "absent is another value")]
    [TestCase("mig_profile", "is_set", "", false)]
    [TestCase("mig_profile", "is_not_set", "", true)]
    public async Task Place_Constraint_IsComparedAsNomadDoes(string attribute, string comparison, string literal, bool holds)
    {
        var attributeOfDevice = $"${{device.attr.{attribute}}}";
        using var job = new TemporaryFile(
            $$"""
            job "j" {
              group "g" {
                task "t" {
                  resources {
                    device "nvidia/gpu" {
                      count = 8
                      constraint {
                        attribute = "{{attributeOfDevice}}"
                        operator  = "{{comparison}}"
                        value     = "{{literal}}"
                      }
                    }
                  }
                }
              }
            }
            """);

        var run = await PlaceAsync(job.Path, "dgx-h100");

        Assert.That(Groups(run), Is.EqualTo([holds ? "nvidia/gpu/NVIDIA H100 80GB HBM3" : ""]), run.Logs);
        Assert.That(run.Step("Place").Succeeded, Is.EqualTo(holds));
    }

    [TestCase("gpu", 8, true)]
    [TestCase("gpu", 9, false)]
    [TestCase("nvidia/gpu/NVIDIA H100 80GB HBM3", 1, true)]
    [TestCase("nvidia/gpu/NVIDIA H100", 1, false)]
    [TestCase("amd/gpu", 1, false)]
    public async Task Place_NameAndCount_DecideAboutTheGroup(string name, int count, bool found)
    {
        using var job = new TemporaryFile(
            $$"""job "j" { group "g" { task "t" { resources { device "{{name}}" { count = {{count}} } } } } }"""
                .Replace(" { ", " {\n").Replace(" }", "\n}"));

        var run = await PlaceAsync(job.Path, "dgx-h100");

        Assert.That(run.Step("Place").Succeeded, Is.EqualTo(found), run.Logs);
    }

    private static Task<GoHostRun> PlaceAsync(string job, string scenario) => GoHost.RunAsync(
        $$"""
        backend = "fake"
        fake {
          scenario = "{{scenario}}"
        }
        """,
        "Launch", "SetConfig", "Fingerprint", $"Place={job}", "Kill");

    private static IEnumerable<string?> Groups(GoHostRun run) =>
        run.Step("Place").Result.EnumerateArray().Select(placed => placed.GetProperty("group").GetString());

    private static string Named(string job, string what)
    {
        var match = Regex.Match(job, $"^# {what}: (\\S+)$", RegexOptions.Multiline);
        Assert.That(match.Success, $"a comment \"# {what}: ...\" must say what the job is meant for");
        return match.Groups[1].Value;
    }
}
