using System.Text.RegularExpressions;
using DevicePlugin.Tests;
using SharpYaml.Model;
using Path = System.IO.Path;

namespace DevicePlugin.UnitTests.Documentation;

/// <summary>What GitHub would find out only when a workflow runs, or somebody opens an issue.</summary>
internal sealed class WorkflowTests
{
    private static readonly string GitHub = Path.Combine(Repository.Root, ".github");

    private static IEnumerable<string> Workflows => Directory.EnumerateFiles(Path.Combine(GitHub, "workflows"))
        .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> BugForms => ["bug.yml", "hardware.yml"];

    [TestCaseSource(nameof(Workflows))]
    public void Workflow_HasWhatGitHubNeeds(string file)
    {
        var workflow = Read("workflows", file);
        var jobs = Mapping(workflow["jobs"]);

        Assert.That(workflow["on"], Is.Not.Null);
        Assert.That(Mapping(workflow["permissions"]).Select(permission => Text(permission.Value)), Is.All.EqualTo("read"));
        foreach (var job in jobs.Select(entry => Mapping(entry.Value)))
        {
            Assert.That(Text(job["runs-on"]), Is.Not.Empty);
            Assert.That(job["needs"] is null || jobs.Any(other => Text(other.Key) == Text(job["needs"])), "needs");
            foreach (var step in Items(job["steps"]).Select(Mapping))
            {
                Assert.That(step["run"] is null != step["uses"] is null, "a step runs something or uses an action");
                Assert.That(Text(step["uses"] ?? step["run"]), Does.Match(step["uses"] is null ? "." : @"^[\w-]+/[\w-]+@v\d+$"));
            }
        }
    }

    [TestCaseSource(nameof(Workflows))]
    public void Workflow_RunsTargetsScriptsAndOptionsThatExist(string file)
    {
        var commands = Commands(Read("workflows", file)).ToList();
        var build = BuildScripts();

        foreach (var command in commands)
        {
            foreach (Match script in Regex.Matches(command, @"(?<![\w/])\.?/?((?:\.ci|tests|hwmocks|packaging)/[\w./-]+|build\.sh)"))
            {
                Assert.That(Path.Combine(Repository.Root, script.Groups[1].Value), Does.Exist);
            }

            foreach (Match call in Regex.Matches(command, @"build\.sh (\w+)((?: --[\w-]+=\S+)*)"))
            {
                Assert.That(build, Does.Match($"(?i)Task\\(\"{call.Groups[1].Value}\"\\)"), command);
                var options = Regex.Matches(call.Groups[2].Value, "--([a-z]+)=").Select(option => option.Groups[1].Value);
                Assert.That(options.Where(option => !build.Contains($"\"{option}\"")), Is.Empty, command);
            }

            foreach (Match project in Regex.Matches(command, @"--project=(\w+)"))
            {
                Assert.That(Path.Combine(Repository.Root, "src", $"DevicePlugin.{project.Groups[1].Value}"), Does.Exist);
            }
        }
    }

    [Test]
    public void Ci_RunsWhatTheProjectCallsCi() =>
        Assert.That(Commands(Read("workflows", "ci.yml")), Has.Some.EqualTo(".ci/run").And.Some.StartsWith("./build.sh"));

    [TestCase("soak")]
    [TestCase("mutate")]
    [TestCase("fuzz")]
    public void Schedule_HasWhatTakesTooLongForEveryChange(string what)
    {
        var workflow = Read("workflows", "scheduled.yml");

        Assert.That(Items(Mapping(workflow["on"])["schedule"]).Select(entry => Text(Mapping(entry)["cron"])),
            Is.All.Matches(@"^(\S+ ){4}\S+$"));
        Assert.That(Commands(workflow), Has.Some.Contains(what));
    }

    [TestCaseSource(nameof(BugForms))]
    public void IssueForm_AsksForWhatABugNeeds(string file)
    {
        var fields = Items(Read("ISSUE_TEMPLATE", file)["body"]).Select(Mapping).ToList();
        var questions = fields.Select(field => Mapping(field["attributes"]))
            .Select(field => $"{Text(field["label"])} {Text(field["description"])}").ToList();

        Assert.That(fields.Select(field => Text(field["id"])), Is.Unique);
        Assert.Multiple(() =>
        {
            Assert.That(questions, Has.Some.Contains("nomad-device-gpu version"));
            Assert.That(questions, Has.Some.Contains("doctor --json"));
            Assert.That(questions, Has.Some.Contains("nomad-device-gpu capture"));
            Assert.That(questions, Has.Some.Contains("Log lines"));
        });
    }

    [Test]
    public void Dependabot_KnowsTheEcosystemsThatTheProjectUses()
    {
        var updates = Items(Read("", "dependabot.yml")["updates"]).Select(Mapping);

        Assert.That(updates.Select(update => Text(update["package-ecosystem"])), Is.EquivalentTo(["nuget", "github-actions"]));
    }

    /// <summary>Each command of each step; one with a value of the matrix as often as there are values.</summary>
    private static IEnumerable<string> Commands(YamlMapping workflow)
    {
        foreach (var job in Mapping(workflow["jobs"]).Select(entry => Mapping(entry.Value)))
        {
            var matrix = job["strategy"] is YamlMapping strategy ? Mapping(strategy["matrix"]) : [];
            foreach (var run in Items(job["steps"]).Select(step => Text(Mapping(step)["run"])).Where(run => run.Length > 0))
            {
                var variable = Regex.Match(run, @"\$\{\{ matrix\.(\w+) \}\}");
                foreach (var value in variable.Success ? Items(matrix[variable.Groups[1].Value]).Select(Text) : [""])
                {
                    yield return variable.Success ? run.Replace(variable.Value, value) : run;
                }
            }
        }
    }

    private static string BuildScripts()
    {
        var build = File.ReadAllText(Path.Combine(Repository.Root, "build.cake"));
        return Regex.Matches(build, "^#load \"([^\"]+)\"", RegexOptions.Multiline)
            .Aggregate(build, (text, load) => text + File.ReadAllText(Path.Combine(Repository.Root, load.Groups[1].Value)));
    }

    private static YamlMapping Read(string folder, string file)
    {
        using var reader = new StreamReader(Path.Combine(GitHub, folder, file));
        return Mapping(YamlStream.Load(reader).Single().Contents);
    }

    private static YamlMapping Mapping(YamlNode? node) => (YamlMapping)node!;

    private static IEnumerable<YamlElement> Items(YamlNode? node) => (YamlSequence)node!;

    private static string Text(YamlNode? node) => (node as YamlValue)?.Value ?? "";
}
