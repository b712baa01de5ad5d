namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>The host itself, shown with the minimal Go plugin and with programs that are no plugins.</summary>
internal sealed class GoHostTests
{
    [TestCase]
    [TestCase("-auto-mtls")]
    public async Task MinimalPlugin_EveryStep_Succeeds(params string[] flags)
    {
        var run = await GoHost.RunAsync(GoHost.MinimalPlugin, flags, []);

        run.AssertEveryStepSucceeded();
    }

    [Test]
    public async Task MinimalPlugin_EveryFormOfTheSchema_Arrives()
    {
        string[] flags =
        [
            "-config",
            """
            config {
              label           = "rack 7"
              ignored_gpu_ids = ["GPU-1"]
              reserve {
                cuda_visible_devices = true
              }
              sharing {
                replicas = 4
              }
              sharing {
                devices = ["NVIDIA L40S"]
              }
            }
            """,
        ];
        var run = await GoHost.RunAsync(
            GoHost.MinimalPlugin, flags, ["Launch", "SetConfig", "Fingerprint", "Reserve", "Kill"]);

        run.AssertEveryStepSucceeded();
        Assert.That(
            run.Environment().GetProperty("PLUGIN_CONFIG").GetString(),
            Is.EqualTo(string.Concat(
                """{"enabled":true,"fingerprint_period":"1m","ignored_gpu_ids":["GPU-1"],"label":"rack 7",""",
                """ "reserve":{"cuda_visible_devices":true},"sharing":[""".TrimStart(),
                """{"devices":["all"],"replicas":4},{"devices":["NVIDIA L40S"],"replicas":2}]}""")));
    }

    [TestCase("/bin/true")]
    [TestCase("/bin/false")]
    public async Task NoPlugin_FailsToLaunch(string executable)
    {
        var run = await GoHost.RunAsync(executable, [], ["Launch", "Ping"]);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(run.Steps.Select(step => step.Succeeded), Is.All.False);
        });
    }
}
