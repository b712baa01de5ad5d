using DevicePlugin.Doctor;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Executable.Doctor;

/// <summary>Driver, GPUs, nodes, modes.</summary>
[Platform("Linux")]
internal sealed class HardwareChecksTests
{
    // Of /dev/null, which plays /dev/nvidia3 and nvidiactl, and of /dev/zero, which plays nvidia-uvm.
    private const string Devices =
        "Character devices:\n  1 mem\n  1 nvidia\n  1 nvidia-uvm\n  1 nvidia-caps\n\nBlock devices:\n  8 sd\n";

    private MadeNode _node = null!;

    [SetUp]
    public void SetUp() => _node = new MadeNode().With(MadeNode.GpuWithMinor(3));

    [TearDown]
    public void TearDown() => _node.Dispose();

    [Test]
    public void TaskLibraries_OfAnotherDriver_AreListedWithTheirTask()
    {
        Maps(41, "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14 (deleted)")
            .File("/proc/41/comm", "python3\n")
            .File("/proc/41/environ", "PATH=/bin\0NOMAD_TASK_NAME=train\0NOMAD_ALLOC_ID=0f9b\0");
        Maps(7, "/usr/local/nvidia/lib64/libnvidia-ml.so.590.10").File("/proc/7/comm", "dcgm\n");

        AssertFinding(
            "task-libraries", CheckStatus.Warn,
            "loaded 580.105.08 are in use: process 7 (dcgm) has libnvidia-ml.so.590.10, "
            + "process 41 (python3, task train of allocation 0f9b) has libcuda.so.550.54.14");
    }

    [TestCase("/usr/lib/x86_64-linux-gnu/libcuda.so.580.105.08")]
    [TestCase("/usr/lib/libnvidia-container.so.1.17.8", Description = "the toolkit's")]
    [TestCase("/usr/lib/libnvidia-egl-wayland.so.1.1.13")]
    [TestCase("/usr/local/cuda-13.0/compat/libcuda.so.590.10", Description = "newer on purpose")]
    [TestCase("/usr/lib/libcudart.so.123.4.5", Description = "CUDA's, not the driver's")]
    [TestCase("/home/libcuda.so.550.54.14/notes", Description = "a folder")]
    [TestCase("")]
    public void TaskLibraries_OfTheLoadedDriverOrNoDriver_Pass(string path)
    {
        Maps(41, path);

        AssertFinding("task-libraries", CheckStatus.Pass, "no process has libraries of another driver");
    }

    [TestCase(true, CheckStatus.Pass)]
    [TestCase(false, CheckStatus.Warn)]
    public void TaskLibraries_ThatCannotBeRead_AreCounted(bool isPrivileged, CheckStatus expected)
    {
        // A folder is not read either, whoever asks.
        _node.Folder("/proc/41/maps").Folder("/proc/42");
        _node.Examination = _node.Examination with { IsPrivileged = isPrivileged };

        AssertFinding("task-libraries", expected, "1 process could not be read");
    }

    [Test]
    public void TaskLibraries_OfATaskThatChoosesTheirNames_MoveNoCursor()
    {
        Maps(41, "/tmp/libnvidia-\u001b[2J.so.550.54.14").File("/proc/41/comm", "\u001b[8mx\n");

        AssertFinding("task-libraries", CheckStatus.Warn, "process 41 ([8mx) has libnvidia-[2J.so.550.54.14");
    }

    [Test]
    public void TaskLibraries_Many_AreCut()
    {
        for (var id = 1; id <= 10; id++)
        {
            Maps(id, "/usr/lib/libcuda.so.550.54.14");
        }

        AssertFinding("task-libraries", CheckStatus.Warn, ", and 2 more");
    }

    [Test]
    public void Library_InUse_PassesWithItsVersion()
    {
        Use(new LibraryUse([new LibraryAttempt("libnvidia-ml.so.1", null)], [], "13.580.105.08"));

        AssertFinding("nvml-library", CheckStatus.Pass, "libnvidia-ml.so.1 (NVML 13.580.105.08)");
    }

    [Test]
    public void Library_Nowhere_FailsWithEveryPlace()
    {
        Use(new LibraryUse(
            [new LibraryAttempt("/a.so", "wrong ELF class"), new LibraryAttempt("/b.so", "none", IsAbsent: true)],
            null, null));

        AssertFinding("nvml-library", CheckStatus.Fail, "/a.so: wrong ELF class; none at /b.so");
    }

    [Test]
    public void Library_NotLookedFor_Passes() => AssertFinding("nvml-library", CheckStatus.Pass, "not looked for");

    [TestCase(new string[0], CheckStatus.Pass)]
    [TestCase(new[] { "nvmlDeviceGetTemperatureV" }, CheckStatus.Warn)]
    [TestCase(new[] { "nvmlDeviceGetTemperatureV", "nvmlDeviceGetUUID" }, CheckStatus.Fail)]
    public void Symbols_GoByWhatIsMissing(string[] missing, CheckStatus expected)
    {
        Use(new LibraryUse([], missing, null));

        AssertFinding("nvml-symbols", expected, missing.LastOrDefault() ?? "every function");
    }

    [Test]
    public void Driver_Loaded_PassesWithItsVersion() =>
        AssertFinding("driver", CheckStatus.Pass, "driver 580.105.08, CUDA 13.0");

    [TestCase(DriverState.VersionMismatch, CheckStatus.Fail, "version_mismatch: because", "reboot")]
    [TestCase(DriverState.NotLoaded, CheckStatus.Fail, "not_loaded: because", "modprobe")]
    [TestCase(DriverState.NoPermission, CheckStatus.Fail, "no_permission: because", "root")]
    [TestCase(DriverState.LibraryMissing, CheckStatus.Fail, "library_missing: there is no library", "Install")]
    [TestCase(DriverState.Failed, CheckStatus.Fail, "failed: because", "dmesg")]
    [TestCase(DriverState.Maintenance, CheckStatus.Warn, "not used: because", "maintenance file")]
    [TestCase(DriverState.Disabled, CheckStatus.Warn, "not used: because", "enabled")]
    public void Driver_Unusable_SaysWhatToDo(DriverState state, CheckStatus status, string seen, string advice)
    {
        UseDriver(state);

        AssertFinding("driver", status, seen);
        Assert.That(_node.Check("driver").Advice, Does.Contain(advice));
    }

    [Test]
    public void Gpus_AllHealthy_Passes() => AssertFinding("gpus", CheckStatus.Pass, "1 device, 1 fit for tasks");

    [Test]
    public void Gpus_OneUnhealthy_FailsWithItsCause()
    {
        var sick = new DeviceHealth(HealthState.Unhealthy, "XID 79") { Advice = "reset it" };
        _node.With([
            new InventoryDevice("GPU-a", TestGpus.Gpu(0), DeviceHealth.Healthy),
            new InventoryDevice("GPU-b", TestGpus.Gpu(1), sick)]);

        AssertFinding("gpus", CheckStatus.Fail, "2 devices, 1 fit for tasks; GPU-b: XID 79; reset it");
    }

    [Test]
    public void Gpus_MadeUp_Warns()
    {
        _node.Config(config => config with { Backend = BackendKind.Fake });

        AssertFinding("gpus", CheckStatus.Warn, "simulated by the scenario dgx-h100");
    }

    [Test]
    public void Gpus_NoneWithADriver_Warns()
    {
        _node.With(Array.Empty<GpuDevice>());

        AssertFinding("gpus", CheckStatus.Warn, "no GPU");
    }

    [Test]
    public void PciGpus_AllOffered_Passes()
    {
        OnTheBus("0000:10:00.0").File("/sys/bus/pci/devices/0000:00:1f.0/vendor", "0x8086\n");

        AssertFinding("pci-gpus", CheckStatus.Pass, "1 NVIDIA GPU on the PCI bus, none is left out");
    }

    [Test]
    public void PciGpus_OneNotOffered_FailsWithItsDriver()
    {
        OnTheBus("0000:10:00.0");
        OnTheBus("0000:11:00.0").Link("/sys/bus/pci/devices/0000:11:00.0/driver", "../../bus/pci/drivers/vfio-pci");

        AssertFinding("pci-gpus", CheckStatus.Fail, "not offered: 0000:11:00.0 (driver vfio-pci)");
    }

    [Test]
    public void PciGpus_OneIgnored_Passes()
    {
        OnTheBus("0000:10:00.0");
        OnTheBus("0000:11:00.0").Config(config => config with { IgnoredGpuIds = ["1"] });

        AssertFinding("pci-gpus", CheckStatus.Pass, "all but those of ignored_gpu_ids");
    }

    [Test]
    public void PciGpus_WithoutADriver_AreCounted()
    {
        OnTheBus("0000:10:00.0");
        UseDriver(DriverState.LibraryMissing);

        AssertFinding("pci-gpus", CheckStatus.Pass, "1 NVIDIA GPU on the PCI bus");
    }

    [Test]
    public void DeviceNodes_AsTheDriverSays_Passes()
    {
        MakeDriverNodes();

        AssertFinding("device-nodes", CheckStatus.Pass, "nvidiactl, nvidia3, nvidia-uvm are in order");
    }

    [Test]
    public void DeviceNodes_UnderADevRoot_AreLookedForThere()
    {
        _node.Config(config => config with { DevRoot = "/host/dev" }).File("/proc/devices", Devices);

        AssertFinding("device-nodes", CheckStatus.Fail, "/host/dev has no nvidiactl, nvidia3, nvidia-uvm");
    }

    [Test]
    public void DeviceNodes_WrongInSomeWay_FailsWithEach()
    {
        _node.File("/proc/devices", Devices.Replace("1 nvidia-uvm", "511 nvidia-uvm", StringComparison.Ordinal))
            .File("/dev/nvidiactl").Link("/dev/nvidia3", "/dev/zero").Link("/dev/nvidia-uvm", "/dev/zero");

        AssertFinding(
            "device-nodes", CheckStatus.Fail,
            "/dev/nvidiactl is not a device node; /dev/nvidia3 has the minor number 5, where it should be 3; "
            + "/dev/nvidia-uvm has the major number 1, where the driver has 511");
    }

    [Test]
    public void DeviceNodes_ControlNodeThatIsAGpus_Fails()
    {
        MakeNodes();

        AssertFinding("device-nodes", CheckStatus.Fail, "/dev/nvidiactl has the minor number 3, where it should be 255");
    }

    /// <summary>/dev/zero is 1:5. Its minor number says nothing while it is not known which major number the driver has.</summary>
    [TestCase(null, "nvidiactl, nvidia3, nvidia-uvm")]
    [TestCase("Character devices:\n  1 mem\n", "nvidiactl, nvidia3, nvidia-uvm")]
    [TestCase("Character devices:\n  1 nvidia-uvm\n", "nvidiactl, nvidia3")]
    public void DeviceNodes_OfADriverThatTheKernelDoesNotName_AreNotCompared(string? devices, string names)
    {
        if (devices is not null)
        {
            _node.File("/proc/devices", devices);
        }

        _node.Link("/dev/nvidiactl", "/dev/zero").Link("/dev/nvidia3", "/dev/zero").Device("/dev/nvidia-uvm", 1, 0);

        AssertFinding(
            "device-nodes", CheckStatus.Pass,
            $"the numbers of {names} could not be compared, because /proc/devices does not name the driver");
    }

    [Test]
    public void DeviceNodes_SomeAbsent_FailsWithTheirNames()
    {
        _node.File("/proc/devices", Devices).Link("/dev/nvidiactl", "/dev/null");

        AssertFinding("device-nodes", CheckStatus.Fail, "/dev has no nvidia3, nvidia-uvm");
    }

    [Test]
    public void DeviceNodes_OfWsl_AreItsOneNode()
    {
        _node.With(TestGpus.Gpu(0) with { MinorNumber = null }).Link("/dev/dxg", "/dev/null");

        AssertFinding("device-nodes", CheckStatus.Pass, "dxg is in order");
    }

    [Test]
    public void DeviceNodes_OfWslNoNode_FailsWithoutAdviceForLinux()
    {
        _node.With(TestGpus.Gpu(0) with { MinorNumber = null }).File("/dev/dxg");

        AssertFinding("device-nodes", CheckStatus.Fail, "/dev/dxg is not a device node");
        Assert.That(_node.Check("device-nodes").Advice, Does.Contain("wsl --update").And.Not.Contain("nvidia-modprobe"));
    }

    [Test]
    public void DeviceNodes_NoMinorNumberAndNoNode_NamesBothSystems()
    {
        _node.With(TestGpus.Gpu(0) with { MinorNumber = null });

        AssertFinding("device-nodes", CheckStatus.Fail, "/dev has no nvidiactl, nvidia-uvm");
        Assert.That(_node.Check("device-nodes").Advice, Does.Contain("WSL2").And.Contain("nvidia-modprobe"));
    }

    [Test]
    public void DeviceNodes_GpuThatWasNotRead_IsNoSignOfWsl()
    {
        _node.With(TestGpus.Gpu(0) with
        {
            MinorNumber = null,
            Faults = [new DeviceFault(DeviceFaultKind.Unresponsive, "nvmlOne did not return within 10 s.")],
        });

        AssertFinding("device-nodes", CheckStatus.Fail, "/dev has no nvidiactl, nvidia-uvm");
        Assert.That(_node.Check("device-nodes").Advice, Does.Contain("nvidia-modprobe").And.Not.Contain("WSL2"));
    }

    [TestCase(ReservationStrategy.EnvironmentVariable, CheckStatus.Pass)]
    [TestCase(ReservationStrategy.VolumeMounts, CheckStatus.Pass)]
    [TestCase(ReservationStrategy.DeviceNodes, CheckStatus.Fail)]
    [TestCase(ReservationStrategy.Cdi, CheckStatus.Fail)]
    public void DeviceNodes_OfTegra_SayWhatIsNotSupported(ReservationStrategy strategy, CheckStatus expected)
    {
        _node.With(TestGpus.Gpu(0, "Orin (nvgpu)") with { MinorNumber = null }).Strategies(strategy);

        AssertFinding(
            "device-nodes", expected, "device-nodes, driver_libraries and the CDI strategies are not supported there");
        Assert.That(_node.Check("device-nodes").Advice, Does.Not.Contain("nvidia-modprobe"));
    }

    [Test]
    public void DeviceNodes_OfTegraBesideAnother_AreThoseOfTheOther()
    {
        MakeDriverNodes();
        _node.With(TestGpus.Gpu(1, "Orin (nvgpu)") with { MinorNumber = null }, MadeNode.GpuWithMinor(3));

        AssertFinding("device-nodes", CheckStatus.Pass, "nvidiactl, nvidia3, nvidia-uvm are in order");
    }

    [Test]
    public void DeviceNodes_WithoutADriver_AreNotLookedAt()
    {
        UseDriver(DriverState.LibraryMissing);

        AssertFinding("device-nodes", CheckStatus.Pass, "not looked at");
    }

    [TestCase(true, CheckStatus.Pass, "on, 1 GPU")]
    [TestCase(false, CheckStatus.Warn, "off on 1 of 1 GPU")]
    [TestCase(null, CheckStatus.Pass, "no GPU tells")]
    public void PersistenceMode_IsTold(bool? mode, CheckStatus status, string seen)
    {
        _node.With(TestGpus.Gpu(0) with { Facts = new GpuFacts { PersistenceMode = mode } });

        AssertFinding("persistence-mode", status, seen);
    }

    [TestCase(null, CheckStatus.Pass, "the driver reports none")]
    [TestCase("the registration is in progress", CheckStatus.Warn, "the registration is in progress")]
    public void GpuWarnings_OfAFitGpu_AreTold(string? notice, CheckStatus status, string seen)
    {
        _node.With(TestGpus.Gpu(0) with { Notice = notice });

        AssertFinding("gpu-warnings", status, seen);
    }

    [Test]
    public void MigCapabilities_NoInstances_DoesNotApply() =>
        AssertFinding("mig-capabilities", CheckStatus.Pass, "does not apply");

    [Test]
    public void MigCapabilities_NodesOfTheDriver_Passes()
    {
        MakeInstance(gpuInstanceNode: 3, computeInstanceNode: 5)
            .Link("/dev/nvidia-caps/nvidia-cap3", "/dev/null").Link("/dev/nvidia-caps/nvidia-cap5", "/dev/zero");

        AssertFinding("mig-capabilities", CheckStatus.Pass, "1 MIG instance");
    }

    [Test]
    public void MigCapabilities_AbsentAndStaleNodes_Fails()
    {
        MakeInstance(gpuInstanceNode: 3, computeInstanceNode: 5).Link("/dev/nvidia-caps/nvidia-cap5", "/dev/null");

        AssertFinding(
            "mig-capabilities", CheckStatus.Fail,
            "/dev/nvidia-caps/nvidia-cap3 is absent; /dev/nvidia-caps/nvidia-cap5 is not the driver's node 1:5");
    }

    [Test]
    public void MigCapabilities_UnknownToTheDriver_Fails()
    {
        _node.With(TestGpus.Instance(MadeNode.GpuWithMinor(3), 7)).File("/proc/devices", Devices);

        AssertFinding("mig-capabilities", CheckStatus.Fail, "gpu3/mig/gi7/access names no node");
    }

    [Test]
    public void DevCharLinks_All_Passes()
    {
        MakeNodes().Folder("/run/systemd/system").Link("/dev/char/1:3", "/dev/null").Link("/dev/char/1:5", "/dev/zero");

        AssertFinding("dev-char-links", CheckStatus.Pass, "every node has its link");
    }

    [Test]
    public void DevCharLinks_Absent_Warns()
    {
        MakeNodes().Folder("/run/systemd/system").Link("/dev/char/1:3", "/dev/null");

        AssertFinding("dev-char-links", CheckStatus.Warn, "absent: /dev/char/1:5 (nvidia-uvm)");
    }

    [Test]
    public void DevCharLinks_WithoutSystemd_DoesNotApply() =>
        AssertFinding("dev-char-links", CheckStatus.Pass, "no systemd");

    [TestCase("0", CheckStatus.Pass, "known for each GPU")]
    [TestCase("-1", CheckStatus.Warn, "0000:10:00.0")]
    public void Numa_OfTwoNodes_GoesByTheKernel(string numaNode, CheckStatus status, string seen)
    {
        _node.Folder("/sys/devices/system/node/node0").Folder("/sys/devices/system/node/node1")
            .File("/sys/bus/pci/devices/0000:10:00.0/numa_node", numaNode + "\n");

        AssertFinding("numa", status, seen);
    }

    [Test]
    public void Numa_OfOneNode_PassesWhateverTheKernelKnows()
    {
        _node.Folder("/sys/devices/system/node/node0");

        AssertFinding("numa", CheckStatus.Pass, "1 NUMA node");
    }

    [Test]
    public void FakeNode_HasNoHardwareToCheck()
    {
        _node.Config(config => config with { Backend = BackendKind.Fake });

        AssertFinding("device-nodes", CheckStatus.Pass, "simulated");
    }

    private void Use(LibraryUse library) => _node.Examination = _node.Examination with { Library = library };

    private void UseDriver(DriverState state) => _node.Examination = _node.Examination with
    {
        Inventory = new Inventory(new DriverStatus(state, "because"), [], false),
    };

    private MadeNode OnTheBus(string busId) => _node.File($"/sys/bus/pci/devices/{busId}/vendor", "0x10de\n")
        .File($"/sys/bus/pci/devices/{busId}/class", "0x030200\n");

    private void MakeDriverNodes() => _node.File("/proc/devices", Devices)
        .Device("/dev/nvidiactl", 1, 255).Link("/dev/nvidia3", "/dev/null").Device("/dev/nvidia-uvm", 1, 0);

    private MadeNode MakeNodes() => _node.File("/proc/devices", Devices)
        .Link("/dev/nvidiactl", "/dev/null").Link("/dev/nvidia3", "/dev/null").Link("/dev/nvidia-uvm", "/dev/zero");

    private MadeNode MakeInstance(int gpuInstanceNode, int computeInstanceNode)
    {
        const string Folder = "/proc/driver/nvidia/capabilities/gpu3/mig/gi7";
        return _node.With(TestGpus.Instance(MadeNode.GpuWithMinor(3), 7)).File("/proc/devices", Devices)
            .File($"{Folder}/access", $"DeviceFileMinor: {gpuInstanceNode}\nDeviceFileMode: 292\n")
            .File($"{Folder}/ci0/access", $"DeviceFileMinor: {computeInstanceNode}\n");
    }

    private void AssertFinding(string id, CheckStatus status, string seen) => _node.AssertFinding(id, status, seen);

    private MadeNode Maps(int id, string path) => _node.File(
        $"/proc/{id}/maps",
        "55d0c0a00000-55d0c0a02000 r--p 00000000 fd:01 131 /usr/bin/python3.11\n"
        + $"7f2b1c000000-7f2b1c200000 r-xp 00000000 00:35 2049                       {path}\n");
}
