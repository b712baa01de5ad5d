using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Configuration;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class ConfigValidationTests
{
    private const string Reportable =
        "gpu_unresponsive, driver_unresponsive, gpu_not_read, gpu_unreadable, insufficient_power, reset_required, recovery_needed, row_remap_failed, memory_unrepairable, "
        + "sram_threshold_exceeded, inforom_corrupt, uncorrected_ecc, row_remap_pending, repair_pending, fabric_not_ready, "
        + "fabric_unhealthy, mps_unavailable, xid, unknown_xid or flapping";

    [TestCase("{}", "/var/lib/nomad-device-gpu", "/run/nomad-device-gpu", "/var/lib/nomad-device-gpu/maintenance", true)]
    [TestCase("""{"state_dir":"/s"}""", "/s", "/s", "/s/maintenance", true)]
    [TestCase("""{"run_dir":"/r"}""", "/var/lib/nomad-device-gpu", "/r", "/var/lib/nomad-device-gpu/maintenance", true)]
    [TestCase("""{"state_dir":"/s","run_dir":"/r","maintenance_file":"/m"}""", "/s", "/r", "/m", false)]
    public void FromJson_Folders_FollowEachOther(string json, string state, string run, string maintenance, bool heedsFormer)
    {
        var config = Read(json).Config;

        Assert.That((config.StateDir, config.RunDir, config.MaintenanceFile), Is.EqualTo((state, run, maintenance)));
        Assert.That(config.FormerMaintenanceFile, Is.EqualTo(heedsFormer ? "/run/nomad-device-gpu/maintenance" : null));
    }

    [Test]
    public void FromJson_EveryKey_GivesItsTypedValue()
    {
        var config = Read("""
            {
              "enabled": false, "ignored_gpu_ids": ["GPU-1", "0", "0000:19:00.0"], "fingerprint_period": "1m30s",
              "backend": "fake", "nvml_library": "/opt/libnvidia-ml.so.1", "driver_root": "/driver", "dev_root": "/d",
              "proc_root": "/p", "sys_root": "/y", "state_dir": "/s", "run_dir": "/r", "maintenance_file": "/m", "log_level": "warn",
              "fake": { "scenario": "t4" },
              "health": [ { "enabled": false, "observe_only": true, "report_only": ["unknown_xid", "uncorrected_ecc"],
                "ignored_xids": [13], "critical_xids": [31, "94"],
                "call_timeout": "100ms", "kernel_log": false } ],
              "reserve": { "strategies": ["volume-mounts", "device-nodes", "cdi"], "cuda_visible_devices": true,
                "driver_libraries": true, "driver_capabilities": ["utility", "graphics"], "allow_unhealthy": true, "cdi_spec_dir": "/etc/cdi",
                "extra_nodes": ["gds", "rdma", "gdrcopy", "nvswitch"], "sockets": ["fabricmanager", "persistenced"], "imex_channels": [0, 3], "create_device_nodes": true },
              "sharing": [ { "strategy": "mps", "replicas": 1, "devices": ["*H100*"], "rename": true,
                "time_slice": "long" }, {} ],
              "mps": { "manage_daemon": false, "pipe_directory": "/pipe", "log_directory": "/log",
                "memory_limit": "10G", "thread_percentage": 25 },
              "metrics": { "address": "[::1]:9400", "nomad_address": "https://nomad:4646", "nomad_token_file": "/t" }
            }
            """).Config;

        Assert.That(config, Is.EqualTo(new PluginConfig
        {
            Enabled = false,
            IgnoredGpuIds = ["GPU-1", "0", "0000:19:00.0"],
            FingerprintPeriod = TimeSpan.FromSeconds(90),
            Backend = BackendKind.Fake,
            NvmlLibrary = "/opt/libnvidia-ml.so.1",
            DriverRoot = "/driver",
            DevRoot = "/d",
            ProcRoot = "/p",
            SysRoot = "/y",
            StateDir = "/s",
            RunDir = "/r",
            MaintenanceFile = "/m",
            FormerMaintenanceFile = null,
            LogLevel = LogLevel.Warning,
            Fake = new() { Scenario = "t4" },
            Health = new()
            {
                Enabled = false,
                ObserveOnly = true,
                ReportOnly = ["unknown_xid", "uncorrected_ecc"],
                IgnoredXids = [13],
                CriticalXids = [31, 94],
                CallTimeout = TimeSpan.FromMilliseconds(100),
                KernelLog = false,
            },
            Reserve = new()
            {
                Strategies =
                    [ReservationStrategy.VolumeMounts, ReservationStrategy.DeviceNodes, ReservationStrategy.Cdi],
                CudaVisibleDevices = true,
                DriverLibraries = true,
                DriverCapabilities = [DriverCapabilities.Utility, DriverCapabilities.Graphics],
                AllowUnhealthy = true,
                CdiSpecDir = "/etc/cdi",
                ExtraNodes = [ExtraNode.Gds, ExtraNode.Rdma, ExtraNode.GdrCopy, ExtraNode.NvSwitch],
                Sockets = [DaemonSocket.FabricManager, DaemonSocket.Persistence],
                ImexChannels = [0, 3],
                CreateDeviceNodes = true,
            },
            Sharing =
            [
                new()
                {
                    Strategy = SharingStrategy.Mps,
                    Replicas = 1,
                    Devices = ["*H100*"],
                    Rename = true,
                    TimeSlice = TimeSlice.Long,
                },
                new(),
            ],
            Mps = new()
            {
                ManageDaemon = false,
                PipeDirectory = "/pipe",
                LogDirectory = "/log",
                MemoryLimitMiB = 10 * 1024,
                ThreadPercentage = 25,
            },
            Metrics = new()
            {
                Address = new HostPort("::1", 9400),
                NomadAddress = new Uri("https://nomad:4646"),
                NomadTokenFile = "/t",
            },
        }));
    }

    [TestCase("""{}""")]
    [TestCase("""null""")]
    [TestCase("""{"health":null,"sharing":null,"enabled":null,"metrics":[],"mps":[{}],"reserve":{}}""")]
    public void FromJson_NothingSet_IsDefaultWithoutWarnings(string json) =>
        Assert.That(Read(json), Is.EqualTo(new ParsedConfig(PluginConfig.Default, [])));

    [TestCase(":9400", "", 9400)]
    [TestCase("*:9400", "", 9400)]
    [TestCase("0.0.0.0:9400", "0.0.0.0", 9400)]
    [TestCase("[::]:9400", "::", 9400)]
    public void FromJson_MetricsOnEveryAddress_IsTakenWithAWarning(string address, string host, int port)
    {
        var parsed = Read($$$"""{"metrics":{"address":"{{{address}}}"}}""");

        Assert.That(parsed.Config.Metrics.Address, Is.EqualTo(new HostPort(host, port)));
        Assert.That(
            parsed.Warnings.Single(), Does.Contain("metrics.address").And.Contain("open to the network").And.Contain("127.0.0.1:9400"));
    }

    [TestCase(4096, true)]
    [TestCase(4097, false)]
    public void FromJson_LongText_IsTakenUpToItsLimit(int length, bool isTaken)
    {
        var json = $$"""{"state_dir":"{{"/".PadRight(length, 's')}}"}""";

        if (isTaken)
        {
            Assert.That(Read(json).Config.StateDir, Has.Length.EqualTo(length));
        }
        else
        {
            Assert.That(Refused(json).Message, Does.Contain("state_dir").And.Contain("must be an absolute path"));
        }
    }

    [TestCase("127.0.0.1:9400")]
    [TestCase("[::1]:9400")]
    [TestCase("localhost:9400")]
    [TestCase("10.0.0.5:9400")]
    public void FromJson_MetricsOnOneAddress_IsNoWarning(string address) =>
        Assert.That(Read($$$"""{"metrics":{"address":"{{{address}}}"}}""").Warnings, Is.Empty);

    [TestCase(":")]
    [TestCase("*:")]
    [TestCase("*")]
    [TestCase(":65536")]
    [TestCase(":94oo")]
    [TestCase("**:9400")]
    [TestCase("::9400")]
    public void FromJson_MetricsWithoutAPort_IsRefused(string address) =>
        Assert.That(
            () => Read($$$"""{"metrics":{"address":"{{{address}}}"}}"""),
            Throws.TypeOf<PluginConfigException>().With.Message.Contains("metrics.address"));

    [TestCase(":4646")]
    [TestCase("*:4646")]
    [TestCase("127.0.0.1:0")]
    [TestCase("http://127.0.0.1:0")]
    public void FromJson_NomadAddressWithoutAHostOrPort_IsRefused(string address) =>
        Assert.That(
            () => Read($$$"""{"metrics":{"nomad_address":"{{{address}}}"}}"""),
            Throws.TypeOf<PluginConfigException>().With.Message.Contains("metrics.nomad_address"));

    [TestCase("""{"backend":"cuda"}""", "backend = \"cuda\": must be nvml or fake")]
    [TestCase("""{"backend":"NVML"}""", "backend = \"NVML\": must be nvml or fake")]
    [TestCase("""{"log_level":"verbose"}""", "log_level = \"verbose\": must be trace, debug, info, warn or error")]
    [TestCase("""{"enabled":"yes"}""", "enabled = \"yes\": must be true or false")]
    [TestCase(
        """{"ignored_gpu_ids":"GPU-1"}""",
        "ignored_gpu_ids = \"GPU-1\": must be a list of UUIDs, NVML indexes or PCI bus ids")]
    [TestCase("""{"ignored_gpu_ids":["a",0]}""", "ignored_gpu_ids[1] = 0: must be text")]
    [TestCase(
        """{"fingerprint_period":"1 minute"}""",
        "fingerprint_period = \"1 minute\": must be a duration such as 30s or 1m30s, held to 1s to 24h")]
    [TestCase(
        """{"fingerprint_period":60}""",
        "fingerprint_period = 60: must be a duration such as 30s or 1m30s, held to 1s to 24h")]
    [TestCase("""{"proc_root":"proc"}""", "proc_root = \"proc\": must be an absolute path")]
    [TestCase("""{"dev_root":"/dev\u0000"}""", "dev_root = \"/dev\\u0000\": must be an absolute path")]
    [TestCase(
        """{"nvml_library":"lib/x.so"}""",
        "nvml_library = \"lib/x.so\": must be an absolute path, a bare file name, or empty")]
    [TestCase(
        """{"fake":{"scenario":""}}""",
        "fake.scenario = \"\": must be the name of a built-in scenario or a path")]
    [TestCase(
        """{"health":{"call_timeout":"99ms"}}""",
        "health.call_timeout = \"99ms\": must be a duration from 100ms to 5m")]
    [TestCase(
        """{"health":{"call_timeout":"5m1s"}}""",
        "health.call_timeout = \"5m1s\": must be a duration from 100ms to 5m")]
    [TestCase(
        """{"health":{"ignored_xids":[1.5]}}""",
        "health.ignored_xids[0] = 1.5: must be an XID, a whole number from 0")]
    [TestCase(
        """{"health":{"critical_xids":[-1]}}""",
        "health.critical_xids[0] = -1: must be an XID, a whole number from 0")]
    [TestCase(
        """{"health":{"ignored_xids":[13,31],"critical_xids":[31,79]}}""",
        "health.critical_xids = 31: is in health.ignored_xids too; keep it in one of them")]
    [TestCase("""{"health":{"report_only":"xid"}}""",
        "health.report_only = \"xid\": must be a list of words from the table of causes in health.md")]
    [TestCase("""{"health":{"report_only":["xid","ecc"]}}""", "health.report_only[1] = \"ecc\": must be " + Reportable)]
    [TestCase("""{"health":{"report_only":["gpu_lost"]}}""", "health.report_only[0] = \"gpu_lost\": must be " + Reportable)]
    [TestCase("""{"health":{"report_only":["cordoned"]}}""", "health.report_only[0] = \"cordoned\": must be " + Reportable)]
    [TestCase("""{"health":{"report_only":["xid","xid"]}}""",
        "health.report_only[1] = \"xid\": is there twice; name it once")]
    [TestCase("""{"health":[{},{}]}""", "health = 2 blocks: must be there once at most")]
    [TestCase("""{"health":"on"}""", "health = \"on\": must be a block")]
    [TestCase(
        """{"reserve":{"strategies":["nvidia"]}}""",
        "reserve.strategies[0] = \"nvidia\": must be envvar, volume-mounts, device-nodes, cdi, cdi-mounts or cdi-envvar")]
    [TestCase(
        """{"reserve":{"strategies":["cdi","cdi"]}}""",
        "reserve.strategies[1] = \"cdi\": is there twice; name it once")]
    [TestCase(
        """{"reserve":{"extra_nodes":["nvlink"]}}""",
        "reserve.extra_nodes[0] = \"nvlink\": must be gds, rdma, gdrcopy or nvswitch")]
    [TestCase(
        """{"reserve":{"driver_capabilities":["compute","compat32"]}}""",
        "reserve.driver_capabilities[1] = \"compat32\": must be compute, utility, video, graphics, display, ngx or all")]
    [TestCase(
        """{"reserve":{"driver_capabilities":["video","video"]}}""",
        "reserve.driver_capabilities[1] = \"video\": is there twice; name it once")]
    [TestCase(
        """{"reserve":{"strategies":["cdi"],"sockets":["mps"]}}""",
        "reserve.sockets[0] = \"mps\": must be persistenced or fabricmanager")]
    [TestCase(
        """{"reserve":{"sockets":["persistenced"]}}""",
        "reserve.sockets: needs device-nodes, cdi, cdi-mounts or cdi-envvar among reserve.strategies")]
    [TestCase(
        """{"reserve":{"strategies":["cdi"],"extra_nodes":["gds","imex"]}}""",
        "reserve.extra_nodes[1] = \"imex\": is no longer allowed, because it gave every task all IMEX channels; set "
        + "reserve.imex_channels = [0], or the channels of this node's tenant")]
    [TestCase(
        """{"reserve":{"imex_channels":[0]}}""",
        "reserve.imex_channels: needs device-nodes, cdi, cdi-mounts or cdi-envvar among reserve.strategies")]
    [TestCase(
        """{"reserve":{"strategies":["cdi"],"imex_channels":[-1]}}""",
        "reserve.imex_channels[0] = -1: must be an IMEX channel, a whole number from 0 to 65535")]
    [TestCase(
        """{"reserve":{"strategies":["cdi"],"imex_channels":[0,0]}}""",
        "reserve.imex_channels[1] = 0: is there twice; name it once")]
    [TestCase("""{"sharing":{}}""", "sharing = {}: must be a list of blocks")]
    [TestCase("""{"sharing":[{"strategy":"none"}]}""", "sharing[0].strategy = \"none\": must be time-slicing or mps")]
    [TestCase(
        """{"sharing":[{"time_slice":"2ms"}]}""",
        "sharing[0].time_slice = \"2ms\": must be default, short, medium or long")]
    [TestCase(
        """{"mps":{"memory_limit":"10GB"}}""",
        "mps.memory_limit = \"10GB\": must be a size such as 4096M or 16G, or empty")]
    [TestCase(
        """{"mps":{"memory_limit":"0M"}}""",
        "mps.memory_limit = \"0M\": must be a size such as 4096M or 16G, or empty")]
    [TestCase(
        """{"mps":{"thread_percentage":101}}""",
        "mps.thread_percentage = 101: must be a whole number from 0 to 100")]
    [TestCase(
        """{"metrics":{"address":"9400"}}""",
        "metrics.address = \"9400\": must be host:port such as 127.0.0.1:9400, :port for every address, or empty")]
    [TestCase(
        """{"metrics":{"address":"::1:9400"}}""",
        "metrics.address = \"::1:9400\": must be host:port such as 127.0.0.1:9400, :port for every address, or empty")]
    [TestCase(
        """{"metrics":{"address":"localhost:65536"}}""",
        "metrics.address = \"localhost:65536\": must be host:port such as 127.0.0.1:9400, :port for every address, or empty")]
    [TestCase(
        """{"metrics":{"nomad_address":"ftp://n:1"}}""",
        "metrics.nomad_address = \"ftp://n:1\": must be host:port or a URL such as http://127.0.0.1:4646, or empty")]
    [TestCase("""{"enabled":true,"enabled":false}""", "enabled = false: is there twice; write it once")]
    public void FromJson_OneWrongValue_NamesKeyValueAndWhatIsAllowed(string json, string error) =>
        Assert.That(Refused(json).Message, Is.EqualTo($"The plugin configuration is wrong: {error}"));

    [TestCase("""["envvar"]""", true)]
    [TestCase("""["envvar","device-nodes"]""", true)]
    [TestCase("""["device-nodes","envvar"]""", true)]
    [TestCase("""["volume-mounts"]""", true)]
    [TestCase("""["volume-mounts","device-nodes"]""", true)]
    [TestCase("""["volume-mounts","cdi"]""", true)]
    [TestCase("""["cdi","device-nodes"]""", true)]
    [TestCase("""["volume-mounts","envvar"]""", false)]
    [TestCase("""["envvar","cdi"]""", false)]
    [TestCase("""["envvar","device-nodes","cdi"]""", false)]
    [TestCase("""["cdi-mounts"]""", true)]
    [TestCase("""["cdi-envvar","cdi","device-nodes"]""", true)]
    [TestCase("""["cdi-mounts","cdi"]""", true)]
    [TestCase("""["envvar","cdi-envvar"]""", false)]
    [TestCase("""["cdi-mounts","cdi-envvar"]""", false)]
    [TestCase("""["cdi-mounts","volume-mounts"]""", false)]
    [TestCase("""[]""", false)]
    public void FromJson_StrategiesTogether_AreAcceptedIfTheyAgree(string strategies, bool accepted)
    {
        var json = $$$"""{"reserve":{"strategies":{{{strategies}}}}}""";

        Assert.That(() => Read(json), accepted ? Throws.Nothing : Throws.TypeOf<PluginConfigException>()
            .With.Message.Contains("reserve.strategies"));
    }

    [TestCase(
        """{"driver_libraries":true}""", "reserve.driver_libraries = true: needs device-nodes among reserve.strategies")]
    [TestCase(
        """{"create_device_nodes":true}""",
        "reserve.create_device_nodes = true: needs device-nodes, cdi, cdi-mounts or cdi-envvar among reserve.strategies")]
    [TestCase("""{"extra_nodes":["gds"]}""", "reserve.extra_nodes: needs device-nodes, cdi, cdi-mounts or cdi-envvar among reserve.strategies")]
    public void FromJson_FlagWithoutItsStrategy_IsRefused(string reserve, string error) => Assert.That(
        Refused($$"""{"reserve":{{reserve}}}""").Message, Is.EqualTo($"The plugin configuration is wrong: {error}"));

    [TestCase("/dev", 0)]
    [TestCase("/dev/", 0)]
    [TestCase("/host/dev", 1)]
    public void FromJson_NodesToBeMadeElsewhere_IsTakenWithAWarning(string devRoot, int warnings)
    {
        var parsed = Read(
            $$$"""{"dev_root":"{{{devRoot}}}","reserve":{"strategies":["cdi"],"create_device_nodes":true}}""");

        Assert.That(parsed.Config.Reserve.CreateDeviceNodes, Is.True);
        Assert.That(
            parsed.Warnings, Has.Exactly(warnings).Items.And.All.StartsWith(
                $"\"reserve.create_device_nodes\" has no effect with \"dev_root\" = \"{devRoot}\""));
    }

    [Test]
    public void FromJson_FlagBesideStrategiesThatDisagree_IsNamedToo() => Assert.That(
        Refused("""{"reserve":{"strategies":["envvar","cdi"],"driver_libraries":true}}""").Errors.Select(error => error.Key),
        Is.EqualTo(["reserve.driver_libraries", "reserve.strategies"]));

    [Test]
    public void FromJson_FlagBesideAnUnknownStrategy_IsNotBlamed() => Assert.That(
        Refused("""{"reserve":{"strategies":["device-node"],"driver_libraries":true}}""").Errors.Select(error => error.Key),
        Is.EqualTo(["reserve.strategies[0]"]));

    [Test]
    public void FromJson_NoStrategyButCudaVisibleDevices_IsAccepted() => Assert.That(
        Read("""{"reserve":{"strategies":[],"cuda_visible_devices":true}}""").Config.Reserve.Strategies, Is.Empty);

    [Test]
    public void FromJson_SeveralWrongValues_AreAllNamed()
    {
        var exception = Refused("""
            {"enabled":1,"health":{"call_timeout":"1h","ignored_xids":["x",2,-3]},
             "sharing":[{"replicas":0},{"replicas":999}],
             "reserve":{"strategies":["envvar","cdi","cdi","new"]},"metrics":{"adress":":1"}}
            """);

        Assert.That(exception.Errors.Select(error => error.Key), Is.EquivalentTo(
        [
            "enabled", "health.call_timeout", "health.ignored_xids[0]", "health.ignored_xids[2]",
            "reserve.strategies[2]", "reserve.strategies[3]", "reserve.strategies",
            "sharing[0].replicas", "sharing[1].replicas", "metrics.adress",
        ]));
        Assert.That(exception.Message, Does.StartWith("The plugin configuration has 10 errors: ")
            .And.Contains("sharing[1].replicas = 999: must be a whole number from 1 to 256; "));
    }

    [TestCase("""{"ignored_gpu_id":[]}""", "ignored_gpu_id", "ignored_gpu_ids")]
    [TestCase("""{"health":{"call_timout":"1s"}}""", "health.call_timout", "health.call_timeout")]
    [TestCase("""{"call_timeout":"1s"}""", "call_timeout", "health.call_timeout")]
    [TestCase("""{"sharing":[{"replica":2}]}""", "sharing[0].replica", "sharing.replicas")]
    [TestCase("""{"metric":{}}""", "metric", "metrics")]
    public void FromJson_UnknownKey_NamesTheNearestOne(string json, string key, string nearest) => Assert.That(
        Refused(json).Errors, Is.EqualTo(
            [new ConfigError(key, null, $"is no key of this plugin; did you mean \"{nearest}\"?")]));

    [TestCase("0s", 1, "0s")]
    [TestCase("-5m", 1, "-5m")]
    [TestCase("10ms", 1, "10ms")]
    [TestCase("24h1ns", 86400, null)]
    [TestCase("8760h", 86400, "8760h")]
    [TestCase("1s", 1, null)]
    public void FromJson_PeriodOutsideItsLimits_IsHeldToThemWithAWarning(string period, int seconds, string? seen)
    {
        var parsed = Read($$"""{"fingerprint_period":"{{period}}"}""");

        Assert.That(parsed.Config.FingerprintPeriod, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(parsed.Warnings, seen is null
            ? Is.Empty
            : Has.Exactly(1).Items.And.All.StartsWith($"\"fingerprint_period\" is \"{seen}\", outside 1s to 24h; "));
    }

    [TestCase("""{"health":{"enabled":false,"ignored_xids":[13],"call_timeout":"5s"},"state_dir":"/s","maintenance_file":"/m"}""")]
    [TestCase("""{"health":{"call_timeout":"10000ms"},"reserve":{"strategies":["envvar"]},"sharing":[{"replicas":4,"time_slice":"long"},{}]}""")]
    [TestCase("""{"reserve":{"cuda_visible_devices":true},"fake":{"scenario":"t4"},"proc_root":"/p"}""")]
    public void FromJson_SoundKeys_GetNoWarning(string json) =>
        Assert.That(Read(json).Warnings, Is.Empty);

    [TestCase("""{"health":{"observe_only":true,"report_only":["xid"]}}""", 0)]
    [TestCase("""{"health":{"observe_only":true,"enabled":false}}""", 1)]
    [TestCase("""{"health":{"report_only":["xid"],"enabled":false}}""", 1)]
    public void FromJson_NothingToReport_GetsAWarning(string json, int warnings) => Assert.That(
        Read(json).Warnings, Has.Exactly(warnings).Items.And.All.Match("^\"health.(observe|report)_only\" has no effect"));

    [TestCase("""{"sharing":[{},{"strategy":"mps","time_slice":"long"}]}""", "\"sharing[1].time_slice\" means nothing")]
    [TestCase("""{"sharing":[{"devices":[]}]}""", "\"sharing[0].devices\" is empty")]
    public void FromJson_SharingWithoutEffect_GetsAWarning(string json, string warning) =>
        Assert.That(Read(json).Warnings, Has.Exactly(1).Items.And.All.StartsWith(warning));

    [TestCase("0", false)]
    [TestCase("1", true)]
    [TestCase("256", true)]
    [TestCase("257", false)]
    [TestCase("1000", false)]
    [TestCase("-1", false)]
    [TestCase("2.5", false)]
    public void FromJson_Replicas_MayBe1To256(string replicas, bool accepted)
    {
        var json = $$"""{"sharing":[{"replicas":{{replicas}}}]}""";

        if (accepted)
        {
            Assert.That($"{Read(json).Config.Sharing[0].Replicas}", Is.EqualTo(replicas));
        }
        else
        {
            Assert.That(Refused(json).Message, Does.EndWith(
                $"sharing[0].replicas = {replicas}: must be a whole number from 1 to 256"));
        }
    }

    [TestCase("", "not valid JSON")]
    [TestCase("{", "not valid JSON")]
    [TestCase("{} {}", "not valid JSON")]
    [TestCase("""{"backend":"\ud800"}""", "not valid Unicode")]
    [TestCase("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", "not valid JSON")]
    [TestCase("[]", "must be a block")]
    public void FromJson_NoConfiguration_SaysWhy(string json, string problem) =>
        Assert.That(Refused(json).Message, Does.Contain(problem));

    private static ParsedConfig Read(string json) => PluginConfigReader.FromJson(ConfigBytes.Json(json));

    private static PluginConfigException Refused(string json) =>
        Assert.Throws<PluginConfigException>(() => Read(json))!;
}
