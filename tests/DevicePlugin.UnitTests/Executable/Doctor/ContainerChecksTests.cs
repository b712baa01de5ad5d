using System.Runtime.Versioning;
using DevicePlugin.Doctor;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Agent;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Doctor;

/// <summary>What stands between a GPU and a task: runtime, toolkit, CDI, MPS, cgroups.</summary>
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class ContainerChecksTests
{
    private const string DockerSettings = "/etc/docker/daemon.json";
    private const string Registered = """{"runtimes":{"nvidia":{"path":"nvidia-container-runtime"}}}""";
    private const string ToolkitSettings = "/etc/nvidia-container-runtime/config.toml";
    private const string AcceptVariable = "accept-nvidia-visible-devices-envvar-when-unprivileged";
    private const string AcceptMounts = "accept-nvidia-visible-devices-as-volume-mounts";

    private const string OfNvidia = "kind: nvidia.com/gpu\ndevices:\n- name: all\n- name: \"0\"\n";

    private MadeNode _node = null!;

    [SetUp]
    public void SetUp() => _node = new MadeNode().With(TestGpus.Gpu(0));

    [TearDown]
    public void TearDown() => _node.Dispose();

    [Test]
    public void Runtime_WithoutDocker_DoesNotApply() =>
        _node.AssertFinding("container-runtime", CheckStatus.Pass, "no Docker");

    [Test]
    public void Runtime_RegisteredAndInstalled_Passes() => Docker(Registered)
        .Program("/usr/bin/nvidia-container-runtime")
        .AssertFinding("container-runtime", CheckStatus.Pass, "nvidia-container-runtime");

    [Test]
    public void Runtime_RegisteredButNotInstalled_Fails() =>
        Docker("""{"runtimes":{"nvidia":{"path":"/opt/nvidia-container-runtime"}}}""")
            .AssertFinding("container-runtime", CheckStatus.Fail, "/opt/nvidia-container-runtime, which does not exist");

    [TestCase("{}")]
    [TestCase("""{"runtimes":{"runc-two":{"path":"runc"}}}""")]
    public void Runtime_NotRegistered_Fails(string settings) =>
        Docker(settings).AssertFinding("container-runtime", CheckStatus.Fail, "Docker has no runtime \"nvidia\"");

    [TestCase("{")]
    [TestCase("{\"runtimes\":{},\"runtimes\":{}}")]
    [TestCase("{\"default-runtime\":\"\\ud800\"}")]
    [TestCase("""{"runtimes":[]}""")]
    public void Runtime_SettingsThatAreNone_Fails(string settings) =>
        Docker(settings).AssertFinding("container-runtime", CheckStatus.Fail, $"{DockerSettings} cannot be read");

    [Test]
    public void Runtime_SocketWithoutSettings_Fails() =>
        _node.File("/run/docker.sock").AssertFinding("container-runtime", CheckStatus.Fail, "Docker has no runtime");

    [Test]
    public void Runtime_NotNeededByTheStrategies_Passes() => Docker("{}").Strategies(ReservationStrategy.DeviceNodes)
        .AssertFinding("container-runtime", CheckStatus.Pass, "needs no nvidia runtime");

    [Test]
    public void Runtime_OfTheNameThatTheAgentSets_IsLookedFor()
    {
        Docker(Registered)
            .File("/agent.hcl", """plugin "docker" { config { nvidia_runtime = "gpu-runtime" } }""");
        _node.Examination = _node.Examination with { Agent = AgentConfig.Read(_node.Locate("/agent.hcl"), File.ReadAllText) };

        _node.AssertFinding("container-runtime", CheckStatus.Fail, "Docker has no runtime \"gpu-runtime\"");
    }

    [TestCase("", CheckStatus.Pass)]
    [TestCase("#" + AcceptVariable + " = false", CheckStatus.Pass)]
    [TestCase(AcceptVariable + " = true", CheckStatus.Pass)]
    [TestCase(AcceptVariable + " = false # as NVIDIA advises", CheckStatus.Fail)]
    [TestCase("[nvidia-container-cli]\n" + AcceptVariable + " = false", CheckStatus.Pass)]
    public void Toolkit_OfEnvvar_NeedsTheVariable(string settings, CheckStatus expected) =>
        _node.File(ToolkitSettings, settings).AssertFinding("container-toolkit", expected, AcceptVariable);

    [TestCase("", CheckStatus.Fail, AcceptMounts)]
    [TestCase(AcceptMounts + " = true", CheckStatus.Warn, AcceptVariable)]
    [TestCase(AcceptMounts + " = true\n" + AcceptVariable + " = false", CheckStatus.Pass, "by mounts only")]
    public void Toolkit_OfVolumeMounts_NeedsTheMounts(string settings, CheckStatus expected, string seen) =>
        _node.File(ToolkitSettings, settings).Strategies(ReservationStrategy.VolumeMounts)
            .AssertFinding("container-toolkit", expected, seen);

    [TestCase(ReservationStrategy.CdiMounts, "", CheckStatus.Fail, AcceptMounts)]
    [TestCase(ReservationStrategy.CdiMounts, AcceptMounts + " = true", CheckStatus.Warn, AcceptVariable)]
    [TestCase(ReservationStrategy.CdiMounts, AcceptMounts + " = true\n" + AcceptVariable + " = false", CheckStatus.Pass, "by mounts only")]
    [TestCase(ReservationStrategy.CdiEnvironmentVariable, "", CheckStatus.Pass, AcceptVariable)]
    [TestCase(ReservationStrategy.CdiEnvironmentVariable, AcceptVariable + " = false", CheckStatus.Fail, "cdi-envvar gets no GPU")]
    [TestCase(
        ReservationStrategy.CdiEnvironmentVariable, "[nvidia-container-runtime]\nmode = \"legacy\"", CheckStatus.Fail,
        "nvidia-container-runtime.mode = \"legacy\"")]
    [TestCase(
        ReservationStrategy.CdiEnvironmentVariable, "[nvidia-container-runtime]\nmode = \"cdi\"", CheckStatus.Pass, AcceptVariable)]
    [TestCase(
        ReservationStrategy.CdiMounts, "[nvidia-container-runtime.modes.cdi]\nspec-dirs = [\n  \"/etc/cdi\", # static\n  \"/opt/cdi\"\n]",
        CheckStatus.Fail, "in /etc/cdi, /opt/cdi, and reserve.cdi_spec_dir is /var/run/cdi")]
    [TestCase(
        ReservationStrategy.CdiEnvironmentVariable, "[nvidia-container-runtime.modes.cdi]\nspec-dirs = [\"/etc/cdi\", \"/run/cdi\"]",
        CheckStatus.Pass, AcceptVariable)]
    public void Toolkit_OfCdiNames_NeedsAModeAndAFolderToo(
        ReservationStrategy strategy, string settings, CheckStatus expected, string seen) =>
        _node.File(ToolkitSettings, settings).Strategies(strategy).AssertFinding("container-toolkit", expected, seen);

    [Test]
    public void Toolkit_OfMountsWithoutSettings_HasTheToolkitsDefault() => _node.Strategies(ReservationStrategy.VolumeMounts)
        .AssertFinding("container-toolkit", CheckStatus.Fail, AcceptMounts);

    [TestCase(ReservationStrategy.CdiMounts)]
    [TestCase(ReservationStrategy.CdiEnvironmentVariable)]
    public void Cdi_StrategiesOfTheToolkit_NeedRuntimeAndSpec(ReservationStrategy strategy)
    {
        Docker("{}").Strategies(strategy).AssertFinding("container-runtime", CheckStatus.Fail, "Docker has no runtime \"nvidia\"");
        _node.AssertFinding("cdi-specs", CheckStatus.Warn, "nomad-device-gpu.json does not exist");
    }

    [Test]
    public void Toolkit_OfOtherStrategies_DoesNotApply() => _node.Strategies(ReservationStrategy.Cdi)
        .AssertFinding("container-toolkit", CheckStatus.Pass, "does not apply");

    [TestCase("{}", CheckStatus.Pass, "is not NVIDIA's")]
    [TestCase("""{"default-runtime":"runc"}""", CheckStatus.Pass, "is not NVIDIA's")]
    [TestCase("""{"default-runtime":"nvidia"}""", CheckStatus.Warn, "default runtime is \"nvidia\"")]
    [TestCase(
        """{"default-runtime":"gpu","runtimes":{"gpu":{"path":"/usr/bin/nvidia-container-runtime"}}}""", CheckStatus.Warn,
        "default runtime is \"gpu\"")]
    [TestCase("{", CheckStatus.Warn, "cannot be read")]
    [TestCase("{\"default-runtime\":\"\\ud800\"}", CheckStatus.Warn, "cannot be read")]
    public void DefaultRuntime_OfNvidia_IsWarnedOf(string settings, CheckStatus expected, string seen) =>
        Docker(settings).Strategies(ReservationStrategy.DeviceNodes).AssertFinding("docker-default-runtime", expected, seen);

    [Test]
    public void DefaultRuntime_OfNvidiaThatIgnoresTheVariable_Passes() => Docker("""{"default-runtime":"nvidia"}""")
        .File(ToolkitSettings, $"{AcceptVariable} = false\n")
        .AssertFinding("docker-default-runtime", CheckStatus.Pass, "ignores NVIDIA_VISIBLE_DEVICES");

    [Test]
    public void DefaultRuntime_WithoutDocker_DoesNotApply() =>
        _node.AssertFinding("docker-default-runtime", CheckStatus.Pass, "not installed");

    [TestCase(ReservationStrategy.DeviceNodes, "/host/dev", """{"userns-remap":"default"}""", CheckStatus.Warn, "userns-remap = \"default\"")]
    [TestCase(ReservationStrategy.Cdi, "/host/dev", """{"userns-remap":"default"}""", CheckStatus.Warn, "userns-remap = \"default\"")]
    [TestCase(ReservationStrategy.CdiMounts, "/host/dev", """{"userns-remap":"default"}""", CheckStatus.Warn, "userns-remap = \"default\"")]
    [TestCase(ReservationStrategy.DeviceNodes, "/host/dev", """{"userns-remap":""}""", CheckStatus.Pass, "does not map users")]
    [TestCase(ReservationStrategy.DeviceNodes, "/dev/", """{"userns-remap":"default"}""", CheckStatus.Pass, "dev_root is /dev")]
    [TestCase(ReservationStrategy.EnvironmentVariable, "/host/dev", """{"userns-remap":"default"}""", CheckStatus.Pass, "does not apply")]
    public void UserNamespace_WithNodesElsewhere_IsWarnedOf(
        ReservationStrategy strategy, string devRoot, string settings, CheckStatus expected, string seen) =>
        Docker(settings).Strategies(strategy).Config(config => config with { DevRoot = devRoot })
            .AssertFinding("user-namespace", expected, seen);

    [TestCase(ReservationStrategy.DeviceNodes, DriverCapabilities.Compute, "does not apply")]
    [TestCase(ReservationStrategy.EnvironmentVariable, DriverCapabilities.Graphics, "left to NVIDIA's container toolkit")]
    public void Capabilities_ThatThePluginDoesNotProvide_AreNotLookedAt(
        ReservationStrategy strategy, DriverCapabilities capability, string seen) =>
        Graphics(strategy, capability).AssertFinding("driver-capabilities", CheckStatus.Pass, seen);

    [Test]
    public void Capabilities_GraphicsWithoutItsFilesAndNodes_IsWarnedOf()
    {
        var address = TestGpus.Gpu(0).PciBusId;
        Graphics(ReservationStrategy.Cdi, DriverCapabilities.All).AssertFinding(
            "driver-capabilities", CheckStatus.Warn,
            "for Vulkan (vulkan/icd.d) under driver_root /; there is no file of NVIDIA's driver for EGL (glvnd/egl_vendor.d) under "
            + $"driver_root /; {address} has no node for rendering");

        _node.File("/etc/vulkan/icd.d/nvidia_icd.json").File("/usr/share/glvnd/egl_vendor.d/10_nvidia.json")
            .File($"/sys/bus/pci/devices/{address}/drm/renderD128/dev", "1:3")
            .AssertFinding("driver-capabilities", CheckStatus.Warn, $"dri/renderD128 of {address} is not under /dev");

        _node.Link("/dev/dri/renderD128", "/dev/null")
            .AssertFinding("driver-capabilities", CheckStatus.Pass, "Vulkan and EGL find the driver");
    }

    [Test]
    public void Capabilities_UnderWsl_AreNotLookedFor()
    {
        _node.Link("/dev/dxg", "/dev/null");

        Graphics(ReservationStrategy.Cdi, DriverCapabilities.Graphics).AssertFinding(
            "driver-capabilities", CheckStatus.Pass, "under WSL2 reserve.driver_capabilities selects nothing");
    }

    private MadeNode Graphics(ReservationStrategy strategy, DriverCapabilities capability) => _node.Strategies(strategy)
        .Config(config => config with { Reserve = config.Reserve with { DriverCapabilities = [capability] } });

    [Test]
    public void Cdi_NoneAndNotUsed_Passes() => _node.AssertFinding("cdi-specs", CheckStatus.Pass, "none");

    [Test]
    public void Cdi_NoneButUsed_Warns() => _node.Strategies(ReservationStrategy.Cdi)
        .Config(config => config with { Reserve = config.Reserve with { CdiSpecDir = "/opt/cdi" } })
        .AssertFinding("cdi-specs", CheckStatus.Warn, "/opt/cdi/nomad-device-gpu.json does not exist");

    [TestCase(true, CheckStatus.Fail)]
    [TestCase(false, CheckStatus.Warn)]
    public void Cdi_FolderCannotBeWritten_IsToldWhereThePluginNeedsIt(bool isPrivileged, CheckStatus expected)
    {
        _node.Strategies(ReservationStrategy.Cdi).File("/var/run/cdi")
            .Config(config => config with { Reserve = config.Reserve with { CdiSpecDir = "/var/run/cdi" } });
        _node.Examination = _node.Examination with { IsPrivileged = isPrivileged };

        _node.AssertFinding("cdi-specs", expected, "/var/run/cdi is a file");
        _node.Strategies(ReservationStrategy.EnvironmentVariable).AssertFinding("cdi-specs", CheckStatus.Pass, "none");
    }

    [TestCase("580.105.08", CheckStatus.Pass)]
    [TestCase("570.86.10", CheckStatus.Warn)]
    public void Cdi_SpecOfAnotherProgram_GoesByTheDriver(string version, CheckStatus expected) =>
        _node.Strategies(ReservationStrategy.EnvironmentVariable)
            .File("/etc/cdi/nvidia.yaml", $"kind: nvidia.com/gpu\nat: /lib/libcuda.so.1\nor: /lib/libcuda.so.{version}\n")
            .File("/etc/cdi/other.json", """{"kind":"example.com/net"}""")
            .AssertFinding("cdi-specs", expected, "/etc/cdi/nvidia.yaml");

    [Test]
    public void Cdi_OnlySpecOfAnotherProgram_IsNotThePlugins() => UseCdi("/var/run/cdi")
        .File("/var/run/cdi/nvidia.yaml", OfNvidia)
        .AssertFinding("cdi-specs", CheckStatus.Warn, "nomad-device-gpu.json does not exist; /var/run/cdi/nvidia.yaml is another program's");

    [Test]
    public void Cdi_OwnSpecOfThisDriver_Passes() => UseCdi("/var/run/cdi")
        .File("/var/run/cdi/nomad-device-gpu.json", OwnSpec("nvidia.com/gpu"))
        .AssertFinding("cdi-specs", CheckStatus.Pass, "2 names of nvidia.com/gpu");

    [TestCase("/run/cdi")]
    [TestCase("/run/cdi/")]
    public void Cdi_OwnFolderByItsOtherName_IsTheSame(string folder) => UseCdi(folder)
        .File("/run/cdi/nomad-device-gpu.json", OwnSpec("nvidia.com/gpu"))
        .AssertFinding("cdi-specs", CheckStatus.Pass, "2 names of nvidia.com/gpu");

    [Test]
    public void Cdi_OwnSpecIsStale_IsForThePluginToWriteAgain()
    {
        var finding = UseCdi("/var/run/cdi")
            .File("/var/run/cdi/nomad-device-gpu.json", OwnSpec("nvidia.com/gpu", "570.86.10"))
            .AssertFinding("cdi-specs", CheckStatus.Fail, "is for driver 570.86.10");

        Assert.That(finding.Advice, Does.Contain("start Nomad's agent").And.Not.Contain("nvidia-ctk"), "which makes the conflict");
    }

    // In the last, the runtime prefers what lies in the other folder: the trap of cdi_spec_dir = "/etc/cdi".
    [TestCase("/var/run/cdi", "/var/run/cdi", CheckStatus.Fail)]
    [TestCase("/var/run/cdi", "/etc/cdi", CheckStatus.Warn)]
    [TestCase("/etc/cdi", "/var/run/cdi", CheckStatus.Fail)]
    public void Cdi_TwoSpecsOfOneKind_AreToldOf(string own, string other, CheckStatus expected)
    {
        var finding = UseCdi(own).File($"{own}/nomad-device-gpu.json", OwnSpec("nvidia.com/gpu")).File($"{other}/nvidia.yaml", OfNvidia)
            .AssertFinding("cdi-specs", expected, $"{other}/nvidia.yaml both define devices of nvidia.com/gpu, 1 of them by the same names");

        Assert.That(finding.Advice, Does.Contain("nomad-device-gpu/gpu"));
    }

    [Test]
    public void Cdi_OwnKindBesideNvidias_PassesUnlessAGpuIsIgnored()
    {
        UseCdi("/etc/cdi").File("/etc/cdi/nomad-device-gpu.json", OwnSpec("nomad-device-gpu/gpu"))
            .File("/var/run/cdi/nvidia.yaml", OfNvidia)
            .AssertFinding("cdi-specs", CheckStatus.Pass, "2 names of nomad-device-gpu/gpu");
        _node.Config(config => config with { IgnoredGpuIds = ["GPU-1"] })
            .AssertFinding("cdi-specs", CheckStatus.Warn, "can get a GPU of ignored_gpu_ids");
    }

    [Test]
    public void Cdi_FileOfAnotherProgramInItsPlace_Fails() => UseCdi("/var/run/cdi")
        .File("/var/run/cdi/nomad-device-gpu.json", """{"kind":"vendor.com/gpu"}""")
        .AssertFinding("cdi-specs", CheckStatus.Fail, "was not written by the plugin");

    [Test]
    public void Cdi_Maintenance_IsTheReasonForTheMissingSpec()
    {
        _node.Examination = _node.Examination with
        {
            Inventory = new Inventory(new DriverStatus(DriverState.Maintenance, "maintenance: new firmware"), [], false),
        };

        UseCdi("/var/run/cdi").AssertFinding("cdi-specs", CheckStatus.Warn, "no driver is in use: maintenance: new firmware");
    }

    [Test]
    public void Mps_NotWanted_DoesNotApply() => _node.AssertFinding("mps-tools", CheckStatus.Pass, "does not apply");

    [Test]
    public void Mps_WantedAndInstalled_Passes() => WantMps()
        .Program("/usr/bin/nvidia-cuda-mps-control").Program("/usr/bin/nvidia-cuda-mps-server")
        .AssertFinding("mps-tools", CheckStatus.Pass, "are installed");

    [Test]
    public void Mps_WantedWithoutServer_Fails() => WantMps().Program("/usr/bin/nvidia-cuda-mps-control")
        .AssertFinding("mps-tools", CheckStatus.Fail, "nvidia-cuda-mps-server cannot be found");

    [Test]
    public void Mps_OfSomebodyElse_IsNotLookedAt() => WantMps()
        .Config(config => config with { Mps = config.Mps with { ManageDaemon = false } })
        .AssertFinding("mps-tools", CheckStatus.Pass, "not looked at");

    [Test]
    public void Programs_OfRootAlone_Pass() => Programs("/usr/bin/nvidia-smi", "/usr/bin/nvidia-modprobe")
        .AssertFinding("driver-programs", CheckStatus.Pass, "nvidia-smi, nvidia-modprobe belong to root alone");

    [Test]
    public void Programs_NotInstalled_Pass() =>
        _node.AssertFinding("driver-programs", CheckStatus.Pass, "none is installed under /");

    [Test]
    public void Programs_ThatOthersWriteAndNothingRuns_Warn() => Exposed("/usr/bin/nvidia-smi").AssertFinding(
        "driver-programs", CheckStatus.Warn, "\"/usr/bin/nvidia-smi\" is writable by users other than root");

    [TestCase("nvidia-smi")]
    [TestCase("nvidia-cuda-mps-control")]
    [TestCase("nvidia-cuda-mps-server")]
    public void Programs_ThatOthersWriteAndMpsNeeds_Fail(string name)
    {
        WantMps();
        Exposed($"/usr/bin/{name}").AssertFinding(
            "driver-programs", CheckStatus.Fail, $"{name} is not trusted");
    }

    [Test]
    public void Sharing_WithoutBlocks_DoesNotApply() =>
        _node.AssertFinding("sharing", CheckStatus.Pass, "does not apply");

    [Test]
    public void Sharing_WithoutDriver_IsNotLookedAt()
    {
        Share("all");
        _node.Examination = _node.Examination with { Inventory = Inventory.Empty };
        _node.AssertFinding("sharing", CheckStatus.Pass, "not looked at");
    }

    [Test]
    public void Sharing_OfDevicesThatAreThere_Passes() =>
        Share("all").AssertFinding("sharing", CheckStatus.Pass, "1 block");

    [Test]
    public void Sharing_OfOneDeviceTwice_Fails() => Share("all", TestGpus.Gpu(0).Uuid)
        .AssertFinding("sharing", CheckStatus.Fail, "sharing[0] and sharing[1] both match");

    [Test]
    public void Sharing_OfNoDevice_Warns() =>
        Share("*L4*").AssertFinding("sharing", CheckStatus.Warn, "names no device of this node");

    [TestCase("/sys/fs/cgroup/cgroup.controllers", CheckStatus.Pass, "v2")]
    [TestCase("/sys/fs/cgroup/devices/tasks", CheckStatus.Pass, "v1")]
    [TestCase("/sys/fs/cgroup/other", CheckStatus.Warn, "no cgroups")]
    public void Cgroup_GoesByWhatIsMounted(string file, CheckStatus status, string seen) =>
        _node.File(file).AssertFinding("cgroup", status, seen);

    [Test]
    public void Cgroup_OfBothVersions_Warns() => _node.File("/sys/fs/cgroup/devices/tasks")
        .File("/sys/fs/cgroup/unified/cgroup.controllers").AssertFinding("cgroup", CheckStatus.Warn, "v1 and v2");

    private MadeNode Exposed(string program)
    {
        Programs(program);
        File.SetUnixFileMode(_node.Locate(program), UnixFileMode.UserExecute | UnixFileMode.GroupWrite);
        return _node;
    }

    private MadeNode Programs(params string[] programs)
    {
        Prerequisite.Require(Environment.IsPrivilegedProcess, "the user root", "sudo");
        foreach (var program in programs)
        {
            _node.Program(program);
        }

        return _node;
    }

    private MadeNode Docker(string settings) => _node.File(DockerSettings, settings);

    private MadeNode UseCdi(string folder) => _node.Strategies(ReservationStrategy.Cdi)
        .Folder(folder).Config(config => config with { Reserve = config.Reserve with { CdiSpecDir = folder } });

    private static string OwnSpec(string kind, string version = "580.105.08") => $$$"""
        {"cdiVersion":"0.5.0","kind":"{{{kind}}}","devices":[{"name":"0","containerEdits":{}},{"name":"GPU-1","containerEdits":{}}],
         "containerEdits":{"mounts":[{"hostPath":"/lib/libcuda.so.{{{version}}}"}]}}
        """;

    private MadeNode Share(params string[] patterns) => _node.With(TestGpus.Gpu(0)).Config(config => config with
    {
        Sharing = [.. patterns.Select(pattern => new SharingConfig { Devices = [pattern] })],
    });

    private MadeNode WantMps() => _node.Config(
        config => config with { Sharing = [new SharingConfig { Strategy = SharingStrategy.Mps }] });
}
