using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>The answer of a command goes to a pipe that nobody reads any more, or to a file that somebody put there.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
internal sealed class AnswerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("answer").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    // Held open for both ends at first: a pipe whose reader is gone for certain.
    [TestCase("fingerprint --scenario dgx-h100", 0)]
    [TestCase("fingerprint --scenario no-driver", 1)]
    [TestCase("config validate /no/such/file.json", 2)]
    [TestCase("config validate $FOLDER/wrong.json", 2)]
    [TestCase("cordon 99 --reason RMA --scenario dgx-h100 --config $FOLDER/config.json", 1)]
    [TestCase("stats --scenario dgx-h100 --interval 100ms", 0)]
    [TestCase("--help", 0)]
    public async Task ReaderIsGone_TheExitCodeIsThatOfTheWork(string command, int exitCode)
    {
        WriteConfigs();
        var line = $"mkfifo {_folder}/p; exec 3<>{_folder}/p 4>{_folder}/p 3>&-; $PLUGIN {command} >&4";

        var (code, _, errors) = await ShellLine.RunAsync(line.Replace("$FOLDER", _folder, StringComparison.Ordinal));

        Assert.That(code, Is.EqualTo(exitCode), errors);
    }

    [Test]
    public async Task Cordon_DiskIsFullBehindTheAnswer_IsDoneAndTheCommandFails()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        WriteConfigs();

        var (code, _, errors) = await ShellLine.RunAsync(
            $"$PLUGIN cordon 0 --reason RMA --scenario dgx-h100 --config {_folder}/config.json > /dev/full");

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors, Does.Contain("The answer cannot be written: No space left on device"));
        Assert.That(await File.ReadAllTextAsync($"{_folder}/state/simulated/cordons.json"), Does.Contain("RMA"));
    }

    [TestCase("mkfifo $F", "$F", "--force", "no process is reading from this pipe")]
    [TestCase("mkfifo $F", "$F", "", "exists")]
    [TestCase("mkdir $F", "$F", "--force", "is a folder")]
    [TestCase("ln -s /nowhere/file $F", "$F", "--force", "it is a link to \"/nowhere/file\", which does not exist")]
    [TestCase("ln -s /nowhere/file $F", "$F", "", "exists")]
    [TestCase("true", "/dev/full", "--force", "No space left on device")]
    [TestCase("true", "/nowhere/capture.json", "", "the folder \"/nowhere\" does not exist")]
    [TestCase("true", "/proc/capture.json", "", "/proc")]
    public async Task Capture_WhereNoFileCanBe_IsBadInputThatSaysWhy(string prepare, string path, string force, string why)
    {
        var line = $"{prepare}; $PLUGIN capture --scenario t4 -o {path} {force}";

        var (code, _, errors) = await ShellLine.RunAsync(line.Replace("$F", $"{_folder}/out", StringComparison.Ordinal));

        Assert.That(code, Is.EqualTo(2), errors);
        Assert.That(errors, Does.Contain(why));
        Assert.That(Directory.GetFiles(_folder, "*.new"), Is.Empty);
    }

    [Test]
    public async Task Capture_LinkBesideIt_IsNotWrittenThrough()
    {
        var victim = Path.Combine(_folder, "victim");
        await File.WriteAllTextAsync(victim, "precious");
        File.CreateSymbolicLink(Path.Combine(_folder, "capture.json.new"), victim);

        var (code, _, errors) = await ShellLine.RunAsync($"$PLUGIN capture --scenario t4 -o {_folder}/capture.json");

        Assert.That(code, Is.Zero, errors);
        Assert.That(await File.ReadAllTextAsync(victim), Is.EqualTo("precious"));
    }

    [Test]
    public async Task Capture_IntoAPipeThatIsRead_Arrives()
    {
        var (code, output, _) = await ShellLine.RunAsync(
            $"mkfifo {_folder}/p; cat {_folder}/p & exec 5>{_folder}/p; $PLUGIN capture --scenario t4 -o {_folder}/p --force; exec 5>&-; wait");

        Assert.That(code, Is.Zero);
        Assert.That(output, Does.StartWith("{").And.Contains("Tesla T4"));
    }

    [TestCase("/dev/stdout")]
    [TestCase("/dev/fd/1")]
    [TestCase("/proc/self/fd/1")]
    public async Task Capture_IntoTheFileThatTheShellWritesTo_LeavesWhatIsThere(string path)
    {
        var (code, _, errors) = await ShellLine.RunAsync(
            $"{{ echo before; $PLUGIN capture --scenario t4 -o {path} --force; echo after; }} > {_folder}/all");

        Assert.That(code, Is.Zero, errors);
        var text = await File.ReadAllTextAsync($"{_folder}/all");
        Assert.That(text, Does.StartWith("before\n{").And.Contains("Tesla T4").And.EndsWith("after\n"));
    }

    [Test]
    public async Task Scenario_ThatIsAFolder_IsNamedAsOne()
    {
        var (code, _, errors) = await ShellLine.RunAsync($"$PLUGIN scenarios show {_folder}");

        Assert.That(code, Is.EqualTo(2));
        Assert.That(errors, Does.Contain("it is a folder"));
    }

    private void WriteConfigs()
    {
        File.WriteAllText(Path.Combine(_folder, "wrong.json"), """{"no_such_key": 1}""");
        File.WriteAllText(Path.Combine(_folder, "config.json"), $$"""{"state_dir": "{{_folder}}/state", "proc_root": "{{_folder}}/proc"}""");
    }
}
