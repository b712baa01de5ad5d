using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using DevicePlugin.Doctor;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Doctor;

/// <summary>The round trip, the clock, and what the plugin needs while it serves.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class ServingChecksTests
{
    private MadeNode _node = null!;

    [SetUp]
    public void SetUp() => _node = new MadeNode();

    [TearDown]
    public void TearDown() => _node.Dispose();

    [Test]
    public void RoundTrip_Answered_PassesWithItsTime() => Use(Trip(120, 120))
        .AssertFinding("round-trip", CheckStatus.Pass, "answered 2 calls in 120 ms");

    [Test]
    public void RoundTrip_Failed_SaysWhere() => Use(Trip(120, 120) with { Error = "Launch: no such file" })
        .AssertFinding("round-trip", CheckStatus.Fail, "failed at Launch: no such file");

    [Test]
    public void RoundTrip_WithoutStatisticsOfHealthyDevices_NamesSome() => Use(Trip(120, 120) with { Silent = ["a", "b", "c", "d"] })
        .AssertFinding("round-trip", CheckStatus.Fail, "no statistics came within 1 s of a, b, c and 1 more, which counts as healthy");

    [Test]
    public void Clock_OfAFreshSample_Passes() => Use(Trip(120, 130) with { SampleAge = TimeSpan.FromMilliseconds(20) })
        .AssertFinding("clock", CheckStatus.Pass, "0.02 s old");

    [TestCase(30)]
    [TestCase(-30)]
    public void Clock_OfASampleOfAnotherTime_Fails(int seconds) =>
        Use(Trip(120, 120) with { SampleAge = TimeSpan.FromSeconds(seconds) })
            .AssertFinding("clock", CheckStatus.Fail, $"{seconds}.00 s");

    [Test]
    public void HealthPolicy_WithoutExceptions_Passes() =>
        _node.AssertFinding("health-policy", CheckStatus.Pass, "a GPU with a cause gets no tasks");

    [Test]
    public void HealthPolicy_WithExceptions_WarnsOfEach() => _node.Config(config => config with
    {
        Health = new HealthConfig { ObserveOnly = true, ReportOnly = ["xid"], IgnoredXids = [13] },
    }).AssertFinding(
        "health-policy", CheckStatus.Warn, "health.observe_only: true, health.report_only: xid, health.ignored_xids: 13");

    [Test]
    public void Clock_SetMeanwhile_Fails() => Use(Trip(1000, 61_000))
        .AssertFinding("clock", CheckStatus.Fail, "set by 60.00 s");

    [Test]
    public void Clock_WithoutASample_Passes() => Use(Trip(120, 120))
        .AssertFinding("clock", CheckStatus.Pass, "no sample");

    [Test]
    public void WithoutEffects_KeepsWhatTheNodeDoesNotFeel()
    {
        var block = JsonNode.Parse(
            """
            {"backend":"fake","state_dir":"/run/x","sharing":[{"strategy":"mps"}],"mps":{},"metrics":{"address":"a:1"},
             "health":[{"on_change":"/etc/x","kernel_log":true}],
             "reserve":[{"strategies":["cdi"],"cdi_spec_dir":"/var/run/cdi","create_device_nodes":true}]}
            """)!.AsObject();

        var harmless = RoundTripRunner.WithoutEffects(block, "/tmp/t");

        Assert.That(harmless.ToJsonString(), Is.EqualTo(
            """{"backend":"fake","state_dir":"/tmp/t","health":[{"kernel_log":true}],"reserve":[{"strategies":["cdi"],"cdi_spec_dir":"/tmp/t"}],"run_dir":"/tmp/t"}"""));
        Assert.That(block.ContainsKey("sharing"), "the block itself is for the other checks");
    }

    [Test]
    [Platform("Linux")]
    public void KernelLog_ThatCanBeRead_Passes() => _node.File("/dev/kmsg")
        .AssertFinding("kernel-log", CheckStatus.Pass, "/dev/kmsg can be read");

    [Test]
    [Platform("Linux")]
    public void KernelLog_ThatCannotBeRead_IsAWarningWithTheReason() =>
        _node.AssertFinding("kernel-log", CheckStatus.Warn, "/dev/kmsg cannot be read: No such file or directory");

    [Test]
    public void KernelLog_SwitchedOff_Passes() => _node
        .Config(config => config with { Health = config.Health with { KernelLog = false } })
        .AssertFinding("kernel-log", CheckStatus.Pass, OperatingSystem.IsLinux() ? "health.kernel_log" : "does not apply");

    [Test]
    public void StateDir_ThatIsThere_Passes() => _node.Folder("/var/lib/nomad-device-gpu")
        .AssertFinding("state-dir", CheckStatus.Pass, "is writable");

    [Test]
    public void StateDir_ThatCanBeMade_Passes() => _node.Folder("/var/lib")
        .AssertFinding("state-dir", CheckStatus.Pass, "can be created");

    [TestCase(true, CheckStatus.Fail)]
    [TestCase(false, CheckStatus.Warn)]
    public void StateDir_ThatIsAFile_GoesByTheUser(bool isPrivileged, CheckStatus expected)
    {
        _node.Examination = _node.Examination with { IsPrivileged = isPrivileged };

        _node.File("/var/lib/nomad-device-gpu").AssertFinding("state-dir", expected, "/var/lib/nomad-device-gpu is a file");
    }

    [Test]
    public void Maintenance_NoFile_Passes() => _node.AssertFinding("maintenance", CheckStatus.Pass, "does not exist");

    [Test]
    public void Maintenance_FileWhereEarlierVersionsLooked_Warns() => _node.File("/run/nomad-device-gpu/maintenance", "old\n")
        .AssertFinding("maintenance", CheckStatus.Warn, "exists and says: old");

    [Test]
    public void Maintenance_File_WarnsWithItsText() => _node.File("/var/lib/nomad-device-gpu/maintenance", "driver upgrade\n")
        .AssertFinding("maintenance", CheckStatus.Warn, "exists and says: driver upgrade");

    [Test]
    public void OnChange_NotSet_Passes() => _node.AssertFinding("on-change", CheckStatus.Pass, "is not set");

    [Test]
    public void OnChange_OfRootAlone_Passes() => OnChange(UnixFileMode.UserRead | UnixFileMode.UserExecute)
        .AssertFinding("on-change", CheckStatus.Pass, "/etc/gpu/on-change may be run");

    [Test]
    public void OnChange_WritableByOthers_Fails() =>
        OnChange(UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupWrite)
            .AssertFinding("on-change", CheckStatus.Fail, "\"/etc/gpu/on-change\" is writable by users other than root");

    [Test]
    public void OnChange_NotExecutable_Fails() => OnChange(UnixFileMode.UserRead)
        .AssertFinding("on-change", CheckStatus.Fail, "/etc/gpu/on-change is not executable");

    [Test]
    public void OnChange_NotThere_Fails() => WithOnChange()
        .AssertFinding("on-change", CheckStatus.Fail, "cannot be examined");

    [Test]
    public void Metrics_Off_Passes() => _node.AssertFinding("metrics-address", CheckStatus.Pass, "off");

    [Test]
    public void Metrics_FreeAddress_Passes() => Metrics("127.0.0.1", 0)
        .AssertFinding("metrics-address", CheckStatus.Pass, "127.0.0.1:0 is free");

    [Test]
    public void Metrics_AddressInUse_Warns()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        Metrics("127.0.0.1", ((IPEndPoint)other.LocalEndpoint).Port)
            .AssertFinding("metrics-address", CheckStatus.Warn, "is in use");
    }

    [Test]
    public void Metrics_EveryAddress_IsTriedAsTheListenerWould()
    {
        using var other = new TcpListener(IPAddress.Any, 0);
        other.Start();

        Metrics("", ((IPEndPoint)other.LocalEndpoint).Port)
            .AssertFinding("metrics-address", CheckStatus.Warn, "is in use");
    }

    // TEST-NET-1 of RFC 5737 is nobody's address.
    [Test]
    public void Metrics_AddressOfAnotherMachine_Fails() => Metrics("192.0.2.1", 9400)
        .AssertFinding("metrics-address", CheckStatus.Fail, "nothing can listen at 192.0.2.1:9400");

    private static RoundTrip Trip(int elapsed, int wallClock) => new(
        ["Launch", "Shutdown"], null, TimeSpan.FromMilliseconds(elapsed), TimeSpan.FromMilliseconds(wallClock));

    private MadeNode Use(RoundTrip trip)
    {
        _node.Examination = _node.Examination with { RoundTrip = trip };
        return _node;
    }

    private MadeNode Metrics(string host, int port) => _node.Config(
        config => config with { Metrics = config.Metrics with { Address = new HostPort(host, port) } });

    private MadeNode WithOnChange()
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        return _node.Config(config => config with { Health = config.Health with { OnChange = "/etc/gpu/on-change" } });
    }

    private MadeNode OnChange(UnixFileMode mode)
    {
        var node = WithOnChange();
        node.File("/etc/gpu/on-change");
        File.SetUnixFileMode(node.Locate("/etc/gpu/on-change"), mode);
        return node;
    }
}
