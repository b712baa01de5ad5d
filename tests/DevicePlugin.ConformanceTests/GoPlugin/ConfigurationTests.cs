namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>Config blocks that go the way of Nomad's: decoded by our schema with HCL's own decoder.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ConfigurationTests
{
    [Test]
    public async Task SetConfig_WithoutAnyKey_HasTheDefaultOfEachLeaf()
    {
        var run = await GoHost.RunAsync("", "Launch", "SetConfig=validate", "SetConfig=validate", "Kill");

        run.AssertEveryStepSucceeded();
        var config = run.Step("SetConfig").Result.GetProperty("config");
        Assert.Multiple(() =>
        {
            Assert.That(config.GetProperty("enabled").GetBoolean(), Is.True);
            Assert.That(config.GetProperty("backend").GetString(), Is.EqualTo("nvml"));
            Assert.That(config.GetProperty("fingerprint_period").GetString(), Is.EqualTo("1m"));
        });
    }

    [Test]
    public async Task SetConfig_EveryBlock_IsTaken()
    {
        var run = await GoHost.RunAsync(
            """
            backend = "fake"
            fake {
              scenario = "l40s"
            }
            health {
              ignored_xids = [13, 31]
            }
            reserve {
              cuda_visible_devices = true
            }
            sharing {
              replicas = 4
              devices  = ["NVIDIA L40S"]
            }
            sharing {
              strategy = "mps"
            }
            mps {
              thread_percentage = 25
            }
            metrics {
              address = "127.0.0.1:0"
            }
            """,
            "Launch", "SetConfig=validate", "Kill");

        run.AssertEveryStepSucceeded();
    }

    [Test]
    public async Task SetConfig_WrongValues_AreAllNamedInOneError()
    {
        var run = await GoHost.RunAsync(
            """
            backend = "rocm"
            fingerprint_period = "soon"
            log_level = "loud"
            health {
              call_timeout = "1h"
            }
            sharing {
              replicas = 0
            }
            """,
            "Launch", "SetConfig", "Ping", "Kill");

        var refused = run.Step("SetConfig");
        Assert.Multiple(() =>
        {
            Assert.That(refused.ErrorCode, Is.EqualTo("InvalidArgument"));
            foreach (var named in new[] { "backend", "rocm", "fingerprint_period", "soon", "log_level", "loud",
                "call_timeout", "1h", "replicas", "0" })
            {
                Assert.That(refused.ErrorMessage, Does.Contain(named));
            }

            Assert.That(run.Step("Ping").Succeeded, Is.True);
            Assert.That(run.Step("Kill").Succeeded, Is.True);
        });
    }

    [Test]
    public async Task SetConfig_UnknownKey_IsRefusedByTheSchema()
    {
        var run = await GoHost.RunAsync("bakend = \"fake\"", "Launch", "SetConfig", "Kill");

        Assert.That(run.Step("SetConfig").ErrorMessage, Does.Contain("bakend").And.Contain("backend"));
    }

    [TestCase("c1", Description = "a byte that MessagePack never uses")]
    [TestCase("de", Description = "a map whose size is cut off")]
    [TestCase("dfffffffff", Description = "a map of four billion entries")]
    [TestCase("a0", Description = "a string for a map")]
    [TestCase("81a7656e61626c656493", Description = "an array for a bool, cut off")]
    public async Task SetConfig_MalformedBytes_LeaveTheConfigurationBefore(string bytes)
    {
        var run = await GoHost.RunAsync(
            "backend = \"fake\"", "Launch", "SetConfig", $"SetConfig=hex:{bytes}", "Fingerprint", "Kill");

        Assert.Multiple(() =>
        {
            Assert.That(run.Step("SetConfig", 1).ErrorCode, Is.EqualTo("InvalidArgument"));
            Assert.That(run.DeviceIds(), Has.Count.EqualTo(8));
            Assert.That(run.Step("Kill").Succeeded, Is.True);
        });
    }

    [Test]
    public async Task Disabled_HasNoDevicesAndOpenStreams()
    {
        var run = await GoHost.RunAsync(
            """
            enabled = false
            backend = "fake"
            """,
            "Launch", "SetConfig", "Fingerprint", "Reserve=none", "Ping", "Kill");

        run.AssertEveryStepSucceeded();
        Assert.That(run.Groups(), Is.Empty);
    }
}
