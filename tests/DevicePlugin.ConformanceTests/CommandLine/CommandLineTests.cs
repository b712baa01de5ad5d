using System.Diagnostics;
using System.Text.Json;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.CommandLine;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CommandLineTests
{
    private static readonly Dictionary<string, string> WrongCookie = new()
    {
        ["NOMAD_PLUGIN_MAGIC_COOKIE"] = "something else",
        ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
    };

    private static readonly Dictionary<string, string> Cookie = new()
    {
        ["NOMAD_PLUGIN_MAGIC_COOKIE"] = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
        ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
    };

    [TestCase(true)]
    [TestCase(false)]
    public async Task NoArguments_NotAHost_PrintsNoticeAndUsageOnStderr(bool wrongCookie)
    {
        var run = await Cli.RunAsync(wrongCookie ? WrongCookie : []);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty, "stdout is the host's");
        Assert.That(run.Errors, Does.Contain("plugin of HashiCorp Nomad").And.Contain("fingerprint"));
    }

    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "1,7", "1, 7")]
    [TestCase("PLUGIN_CLIENT_CERT", "no certificate", "PEM")]
    [TestCase("PLUGIN_UNIX_SOCKET_DIR", "/no/such/folder", "/no/such/folder")]
    [TestCase("PLUGIN_UNIX_SOCKET_GROUP", "no-such-group", "no-such-group")]
    public async Task Serve_BadVariable_IsOneHclogErrorThatNamesIt(string name, string value, string said)
    {
        var run = await Cli.RunAsync(new Dictionary<string, string>(Cookie) { [name] = value });

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty);
        var lines = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var errors = lines.Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("@level").GetString() == "error").ToList();
        Assert.That(errors, Has.Count.EqualTo(1), run.Errors);
        Assert.That(errors[0].GetProperty("@message").GetString(), Does.Contain(name).And.Contain(said));
    }

    // Whoever opens this library keeps the loader's lock for good, in which libc's exit would wait too.
    [Test]
    [Platform("Linux")]
    public async Task Fingerprint_LibraryNeverFinishesLoading_SaysSoAndEnds()
    {
        var library = Prerequisite.File(
            Path.Combine(Repository.Root, "artifacts", "hwmocks", "bad", "libhang.so"), "./build.sh hwmocks");

        var run = await Cli.RunAsync("fingerprint", "--nvml-library", library);

        Assert.That(run.Output + run.Errors, Does.Contain($"{library} did not return within 10 s"));
    }

    [Test]
    public async Task Fingerprint_Json_HasTheStableShape()
    {
        var run = await Cli.RunAsync("fingerprint", "--scenario", "dgx-h100", "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        var root = json.RootElement;
        var group = root.GetProperty("groups")[0];
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("schema_version").GetInt32(), Is.EqualTo(1));
            Assert.That(root.GetProperty("driver").GetProperty("state").GetString(), Is.EqualTo("loaded"));
            Assert.That(root.GetProperty("driver").GetProperty("version").GetString(), Is.EqualTo("580.105.08"));
            Assert.That(group.GetProperty("devices").GetArrayLength(), Is.EqualTo(8));
            Assert.That(
                group.GetProperty("attributes").GetProperty("memory").GetRawText(),
                Is.EqualTo("""{"value":81559,"unit":"MiB"}"""));
        });
    }

    [Test]
    public async Task Fingerprint_NoDriver_SaysWhyAndFails()
    {
        var run = await Cli.RunAsync("fingerprint", "--nvml-library", "/no/such/libnvidia-ml.so.1");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("library_missing").And.Contain("/no/such/libnvidia-ml.so.1"));
    }

    [Test]
    public async Task Stats_Json_IsOneObjectALine()
    {
        var run = await Cli.RunAsync(
            "stats", "--scenario", "dgx-a100-mig", "--count", "2", "--interval", "100ms", "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Lines, Has.Length.EqualTo(2));
        foreach (var line in run.Lines)
        {
            using var sample = JsonDocument.Parse(line);
            Assert.That(sample.RootElement.GetProperty("groups").GetArrayLength(), Is.GreaterThan(1));
        }
    }

    [Test]
    public async Task Host_OfItself_DrivesEveryCall()
    {
        var run = await Cli.RunAsync("host", "--scenario", "t4", "--samples", "1", "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        var steps = run.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(steps.Select(step => step.GetProperty("step").GetString()), Is.EqualTo(new[]
        {
            "Launch", "PluginInfo", "ConfigSchema", "SetConfig", "SetConfig", "Fingerprint", "Reserve", "Stats", "Shutdown",
        }));
        Assert.That(steps.Select(step => step.GetProperty("ok").GetBoolean()), Is.All.True);
    }

    [Test]
    public async Task Host_AutoMtls_IsNegotiated()
    {
        var run = await Cli.RunAsync("host", "--scenario", "t4", "--samples", "1", "--auto-mtls");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("AutoMTLS").IgnoreCase);
    }

    [TestCase("fingerprint", "--scenario", "no-such-node")]
    [TestCase("fingerprint", "--config", "/no/such/file.json")]
    [TestCase("fingerprint", "--no-such-option")]
    [TestCase("stats", "--interval", "often")]
    [TestCase("stats", "--count", "0")]
    [TestCase("stats", "--count", "many")]
    [TestCase("host", "--samples", "many")]
    [TestCase("host", "--samples", "-1")]
    [TestCase("host", "--scenario", "no-such-node")]
    [TestCase("scenarios", "show", "no-such-node")]
    [TestCase("no-such-command")]
    public async Task AnyCommand_BadInput_ExitsWith2AndSaysWhat(params string[] arguments)
    {
        var run = await Cli.RunAsync(arguments);

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Errors);
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Errors, Does.Contain(arguments[^1].TrimStart('-')));
    }

    // The mapped libraries of every process of this machine are compared with the driver's.
    [Test]
    [Platform("Linux")]
    public async Task Doctor_WithADriverOnThisMachine_ReportsEveryCheck()
    {
        var library = Prerequisite.File(
            Path.Combine(Repository.Root, "artifacts", "hwmocks", "libnvidia-ml.so.1"), "./build.sh hwmocks");
        var scenario = Path.Combine(Repository.Root, "hwmocks", "scenarios", "t4.json");

        var run = await Cli.RunAsync(
            new Dictionary<string, string> { ["HWMOCKS_SCENARIO"] = scenario }, "doctor", "--json", "--nvml-library", library);

        Assert.That(run.ExitCode, Is.LessThanOrEqualTo(2), run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        Assert.That(
            json.RootElement.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("id").GetString()),
            Does.Contain("task-libraries"));
    }

    [TestCase("fingerprint", "--json", "--scenario", "no-such-node")]
    [TestCase("fingerprint", "--json", "--no-such-option")]
    [TestCase("stats", "--json", "--interval", "often")]
    [TestCase("stats", "--json", "--count", "0")]
    [TestCase("host", "--json", "--samples", "-1")]
    [TestCase("doctor", "--json", "--config", "/no/such/file.json")]
    [TestCase("doctor", "--json", "--root", "/no/such/folder")]
    [TestCase("config", "schema", "--json", "more")]
    [TestCase("health", "list", "--json", "--agent-config", "/no/such/file.hcl")]
    [TestCase("health", "clear", "--json")]
    [TestCase("health", "--json", "no-such-command")]
    [TestCase("cordon", "0", "--json")]
    [TestCase("cordon", "0", "--json", "--reason", " \t ")]
    [TestCase("uncordon", "0", "--json", "--backend", "none")]
    public async Task AnyCommand_BadInput_IsAJsonObjectTooWhereJsonIsWanted(params string[] arguments)
    {
        var run = await Cli.RunAsync(arguments);

        Assert.That(run.ExitCode, Is.EqualTo(2), run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        Assert.That(json.RootElement.GetProperty("schema_version").GetInt32(), Is.EqualTo(1));
        Assert.That(
            run.Errors.ReplaceLineEndings(" "), Does.StartWith(json.RootElement.GetProperty("error").GetString()!),
            "people and programs are told the same");
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "The pipe is the shell's.")]
    public async Task Stats_ReaderIsGone_Ends()
    {
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", $"{Repository.Executable()} stats --scenario t4 --interval 100ms --json 2>/dev/null | head -1"])
        {
            RedirectStandardOutput = true,
        };
        using var shell = Process.Start(start)!;

        var line = await shell.StandardOutput.ReadToEndAsync().DefaultTimeout();

        await shell.WaitForExitAsync().DefaultTimeout();
        Assert.That(line, Does.StartWith("{"));
    }

    [Test]
    public async Task TwoCommands_OneFile_WriteOneAfterTheOther()
    {
        var file = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(
                "/bin/sh", ["-c", $"{{ {Repository.Executable()} version; echo between; {Repository.Executable()} version; }} > {file}"]);
            using var shell = Process.Start(start)!;
            await shell.WaitForExitAsync().DefaultTimeout();

            Assert.That(File.ReadAllText(file), Does.Match("^nomad-device-gpu(.|\n)*between\nnomad-device-gpu"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task Version_Printed_HasVersionCommitRuntimeAndFlavour()
    {
        var run = await Cli.RunAsync("version");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Match(@"^nomad-device-gpu \d+\.\d+\.\d+(-[\w.]+)?\ncommit .+\nruntime .+\nflavour native AOT\n$"));
    }

    [Test]
    public async Task Version_Json_HasTheSame()
    {
        var printed = await Cli.RunAsync("version");
        var run = await Cli.RunAsync("version", "--json");

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        using var json = JsonDocument.Parse(run.Output);
        string Of(string key) => json.RootElement.GetProperty(key).GetString()!;
        Assert.That(
            $"{Of("name")} {Of("version")}\ncommit  {Of("commit")}\nruntime {Of("runtime")}\nflavour {Of("flavour")}\n",
            Is.EqualTo(printed.Output));
    }
}
