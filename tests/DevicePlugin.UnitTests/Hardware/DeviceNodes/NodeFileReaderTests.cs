using System.Collections.Immutable;
using System.Net.Sockets;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

internal sealed class NodeFileReaderTests
{
    private static readonly DriverStatus Driver = new(DriverState.Loaded) { Version = "580.105.08" };
    private static readonly GpuDevice Gpu = TestGpus.Gpu(2);
    private static readonly GpuDevice Instance = TestGpus.Instance(Gpu, 9);

    private TemporaryTree _tree = null!;
    private NodeFileOptions _options = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _options = new NodeFileOptions
        {
            DriverRoot = Path.Combine(_tree.Root, "driver"),
            DevRoot = Path.Combine(_tree.Root, "dev"),
            ProcRoot = Path.Combine(_tree.Root, "proc"),
        };
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Read_SomeNodesExist_GivesThoseAlone()
    {
        WriteNodes("nvidiactl", "nvidia-uvm", "nvidia2", "nvidia3", "nvidia-caps/nvidia-cap1");

        var files = Read(Gpu);

        Assert.That(files.SharedNodes, Is.EqualTo(["nvidiactl", "nvidia-uvm"]));
        Assert.That(files.Devices.Single().Nodes, Is.EqualTo(["nvidia2"]));
        Assert.That(files.Devices.Single().Problem, Is.Null);
        Assert.That(files.HostPathOf("nvidia2"), Is.EqualTo(Path.Combine(_tree.Root, "dev", "nvidia2")));
        Assert.That(files.Driver, Is.Null);
    }

    [Test]
    public void Read_NodeOfAGpuIsMissing_SaysWhichOne() => Assert.That(
        Read(Gpu).Devices.Single().Problem, Does.Contain(Path.Combine(_tree.Root, "dev", "nvidia2")));

    [Test]
    public void Read_GpuWithoutAMinorNumber_SaysSo() =>
        Assert.That(Read(Gpu with { MinorNumber = null }).Devices.Single().Problem, Does.Contain("minor number"));

    [TestCase("nvidiactl")]
    [TestCase("nvidia-uvm")]
    [TestCase("nvidia2")]
    public void Read_NodeThatCudaNeedsIsMissing_SaysWhichOneForEachDevice(string missing)
    {
        string[] needed = ["nvidiactl", "nvidia-uvm", "nvidia2"];
        WriteNodes([.. needed.Except([missing])]);

        Assert.That(
            Read(Gpu).Devices.Single().Problem, Does.Contain($"{Path.Combine(_tree.Root, "dev", missing)}\" does not exist"));
        WriteNodes(missing);
        Assert.That(Read(Gpu).Devices.Single().Problem, Is.Null);
    }

    [Test]
    public void Read_UnderWsl_GivesItsOneNodeAndTheFolderThatWindowsShares()
    {
        WriteNodes("dxg");
        _tree.Write("driver/usr/lib/wsl/lib/libcuda.so.1");
        _tree.Write("driver/usr/lib/wsl/lib/libdxcore.so");
        _tree.Write("driver/usr/lib/wsl/lib/nvidia-smi");
        var wsl = Path.Combine(_tree.Root, "driver/usr/lib/wsl");

        var files = Read(_options with { DriverLibraries = true }, Gpu with { MinorNumber = null });

        Assert.That(files.SharedNodes, Is.Empty);
        Assert.That(files.Devices.Single().Nodes, Is.EqualTo(["dxg"]));
        Assert.That(files.Devices.Single().Problem, Is.Null);
        Assert.That(files.Driver!.Mounts, Is.EqualTo((ReservedMount[])
        [
            new(wsl, "/usr/lib/wsl", IsReadOnly: true),
            new($"{wsl}/lib/libcuda.so.1", "/usr/local/nvidia/lib64/libcuda.so.1", IsReadOnly: true),
            new($"{wsl}/lib/libdxcore.so", "/usr/local/nvidia/lib64/libdxcore.so", IsReadOnly: true),
            new($"{wsl}/lib/libcuda.so.1", "/usr/local/nvidia/lib64/libcuda.so", IsReadOnly: true),
            new($"{wsl}/lib/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi", IsReadOnly: true),
        ]));
    }

    [Test]
    public void Read_UnderWslWithoutItsLibraries_SaysWhichOneIsMissing()
    {
        WriteNodes("dxg");
        _tree.Write("driver/usr/lib/wsl/lib/libcuda.so.1");

        Assert.That(
            Read(_options with { DriverLibraries = true }, Gpu).Driver!.Problem, Does.Contain("usr/lib/wsl/lib/libdxcore.so"));
    }

    [Test]
    public void Read_LinuxDriverWithAGpuOfHyperVBesides_TakesTheLinuxDriversNodes()
    {
        WriteNodes("dxg", "nvidiactl", "nvidia-uvm", "nvidia2");

        Assert.That(Read(Gpu).Devices.Single().Nodes, Is.EqualTo(["nvidia2"]));
    }

    [Test]
    public void Read_GpuOfATegra_SaysThatItsNodesAreNotKnown()
    {
        WriteNodes("nvhost-gpu", "nvmap");

        Assert.That(
            Read(Gpu with { Name = "Orin (nvgpu)", MinorNumber = null }).Devices.Single().Problem,
            Does.Contain("Tegra").And.Contain("envvar"));
    }

    [Test]
    public void Read_FoldersThatAreMounted_NamesThoseThatAreMissing()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Root, "there"));
        var (there, gone) = (Path.Combine(_tree.Root, "there"), Path.Combine(_tree.Root, "gone"));

        Assert.That(Read(_options with { Folders = [there, gone] }, Gpu).MissingFolders, Is.EqualTo([gone]));
    }

    [Test]
    public void Read_MigInstance_FollowsItsCapabilitiesWhenTheyAreRenumbered()
    {
        WriteNodes("nvidiactl", "nvidia-uvm", "nvidia2", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap31", "nvidia-caps/nvidia-cap5");
        WriteCapability("access", 30);
        WriteCapability("ci0/access", 31);
        var reader = new NodeFileReader(_options);

        var before = reader.Read([Instance], Driver).Devices.Single();
        WriteCapability("ci0/access", 5);
        var after = reader.Read([Instance], Driver).Devices.Single();

        Assert.That(before.Nodes, Is.EqualTo(["nvidia2", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap31"]));
        Assert.That(after.Nodes, Is.EqualTo(["nvidia2", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap5"]));
        Assert.That(after.Problem, Is.Null);
    }

    [Test]
    public void Read_MigInstanceWithoutACapabilityFile_SaysWhichOne()
    {
        WriteNodes("nvidia2", "nvidia-caps/nvidia-cap30");
        WriteCapability("access", 30);

        Assert.That(
            Read(Instance).Devices.Single().Problem, Does.Contain("driver/nvidia/capabilities/gpu2/mig/gi9/ci0/access"));
    }

    [Test]
    public void Read_ExtraNodes_AreThoseAskedFor()
    {
        WriteNodes(
            "nvidiactl", "nvidia-fs0", "nvidia-fs1", "infiniband/uverbs0", "infiniband/rdma_cm", "infiniband/umad0",
            "nvidia-caps-imex-channels/channel0", "nvidia-caps-imex-channels/channel1");
        _tree.Write("driver/run/udev/control");
        _tree.Write("driver/etc/cufile.json");

        var all = Read(
            _options with { StorageNodes = true, RdmaNodes = true, ImexChannels = [1] }, Gpu);

        Assert.That(all.SharedNodes, Is.EqualTo(
        [
            "nvidiactl", "nvidia-fs0", "nvidia-fs1", "infiniband/uverbs0", "infiniband/rdma_cm",
            "nvidia-caps-imex-channels/channel1",
        ]));
        Assert.That(all.ExtraMounts, Is.EqualTo((ReservedMount[])
        [
            new(Path.Combine(_tree.Root, "driver/run/udev"), "/run/udev", IsReadOnly: true),
            new(Path.Combine(_tree.Root, "driver/etc/cufile.json"), "/etc/cufile.json", IsReadOnly: true),
        ]));
        Assert.That(Read(Gpu).SharedNodes, Is.EqualTo(["nvidiactl"]));
    }

    [Test]
    public void Read_NodesOfSwitchesAndOfGdrCopy_AreThoseAskedFor()
    {
        WriteNodes("nvidiactl", "gdrdrv", "nvidia-nvswitchctl", "nvidia-nvswitch0", "nvidia-nvlink");

        Assert.That(
            Read(_options with { SwitchNodes = true }, Gpu).SharedNodes,
            Is.EqualTo(["nvidiactl", "nvidia-nvswitch0", "nvidia-nvswitchctl"]));
        Assert.That(Read(_options with { CopyNode = true }, Gpu).SharedNodes, Is.EqualTo(["nvidiactl", "gdrdrv"]));
    }

    [Test]
    [Platform("Linux")]
    public void Read_SocketsOfDaemons_AreThoseAskedForThatAreSockets()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var path = _tree.Write("driver/run/nvidia-persistenced/socket");
        File.Delete(path);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        _tree.Write("driver/run/nvidia-fabricmanager/socket", "a file in its place");

        Assert.That(Read(Gpu).ExtraMounts, Is.Empty);
        Assert.That(
            Read(_options with { PersistenceSocket = true, FabricManagerSocket = true }, Gpu).ExtraMounts,
            Is.EqualTo([new ReservedMount(path, "/run/nvidia-persistenced/socket", IsReadOnly: true)]));
    }

    [Test]
    public void Read_ImexChannelThatDoesNotExist_KeepsTheDevicesFromBeingHandedOut()
    {
        WriteNodes("nvidiactl", "nvidia-uvm", "nvidia2", "nvidia-caps-imex-channels/channel0");

        Assert.That(Read(_options with { ImexChannels = [0] }, Gpu).Devices.Single().Problem, Is.Null);
        Assert.That(
            Read(_options with { ImexChannels = [0, 7] }, Gpu).Devices.Single().Problem,
            Does.Contain("nvidia-caps-imex-channels/channel7"));
    }

    [Test]
    public void Read_ExtraNodesThatDoNotExist_AreLeftOut() =>
        Assert.That(
            Read(_options with { StorageNodes = true, RdmaNodes = true }, Gpu).ExtraMounts, Is.Empty);

    [TestCase("nvidiactl")]
    [TestCase("nvidia-uvm")]
    [TestCase("nvidia2")]
    [Platform("Linux")]
    public void Read_NodeThatIsADanglingSymlink_DoesNotExist(string broken)
    {
        WriteNodes("nvidiactl", "nvidia-uvm", "nvidia2");
        File.Delete(Path.Combine(_tree.Root, "dev", broken));
        _tree.Link($"dev/{broken}", "gone");

        var files = Read(Gpu);

        Assert.That(files.Devices.Single().Problem, Does.Contain($"{broken}\" does not exist"));
        Assert.That(files.SharedNodes.Concat(files.Devices.Single().Nodes), Has.No.Member(broken));
    }

    [Test]
    [Platform("Linux")]
    public void Read_ExtraNodesAndFilesThatAreDanglingSymlinks_AreLeftOut()
    {
        WriteNodes("nvidiactl");
        foreach (var name in (string[])["nvidia-modeset", "nvidia-fs0", "gdrdrv", "infiniband/uverbs0"])
        {
            _tree.Link($"dev/{name}", "gone");
        }

        // As in a driver's container: the target is not there on the host.
        _tree.Link("driver/etc/cufile.json", "/usr/local/cuda/gds-of-a-driver-container/cufile.json");
        _tree.Link("driver/run/udev", "udev");

        var files = Read(_options with { StorageNodes = true, RdmaNodes = true, CopyNode = true }, Gpu);

        Assert.That(files.SharedNodes, Is.EqualTo(["nvidiactl"]));
        Assert.That(files.ExtraMounts, Is.Empty);
    }

    [TestCase("  1 nvidia")]
    [TestCase("  1 nvidia-frontend")]
    [Platform("Linux")]
    public void Read_NodesWithTheDriversNumbers_AreHandedOut(string driver)
    {
        MadeDevice.Create(Path.Combine(_tree.Root, "dev", "nvidiactl"), 1, 255);
        _tree.Link("dev/nvidia3", "/dev/null");
        WriteNodes("nvidia-uvm");
        _tree.Write("proc/devices", $"Character devices:\n{driver}\n\nBlock devices:\n");

        var files = Read(Gpu with { MinorNumber = 3 });

        Assert.That(files.Devices.Single().Problem, Is.Null);
        Assert.That(files.SharedNodes, Is.EqualTo(["nvidiactl", "nvidia-uvm"]));
    }

    [Test]
    [Platform("Linux")]
    public void Read_SharedNodesWithTheNumbersOfAGpu_AreNotHandedOut()
    {
        _tree.Link("dev/nvidia3", "/dev/null");
        _tree.Link("dev/nvidiactl", "/dev/null");
        _tree.Link("dev/nvidia-modeset", "/dev/null");
        WriteNodes("nvidia-uvm");
        _tree.Write("proc/devices", "Character devices:\n  1 nvidia\n\nBlock devices:\n");

        var files = Read(Gpu with { MinorNumber = 3 });

        Assert.That(
            files.Devices.Single().Problem, Does.Contain("nvidiactl\" has the numbers 1:3, and the driver's node has 1:255"));
        Assert.That(files.SharedNodes, Is.EqualTo(["nvidia-uvm"]));
    }

    [TestCase(3, "  9 sd", null)]
    [TestCase(2, "  1 nvidia", "1:3, and the driver's node has 1:2")]
    [TestCase(3, "195 nvidia", "1:3, and the driver's node has 195:3")]
    [TestCase(3, "510 nvidia-uvm", "is not a device node, and the driver's node has 510:")]
    [Platform("Linux")]
    public void Read_NodeWithOtherNumbersThanTheDrivers_IsNotHandedOut(int minor, string driver, string? expected)
    {
        // Another GPU's node under this one's name: /dev/null has the numbers 1:3.
        _tree.Link($"dev/nvidia{minor}", "/dev/null");
        _tree.Link("dev/nvidiactl", "/dev/null");
        WriteNodes("nvidia-uvm");
        _tree.Write("proc/devices", $"Character devices:\n{driver}\n\nBlock devices:\n");

        Assert.That(
            Read(Gpu with { MinorNumber = minor }).Devices.Single().Problem, expected is null ? Is.Null : Does.Contain(expected));
    }

    [Test]
    [Platform("Linux")]
    public void Read_CapabilityNodeOfAnotherInstance_IsNotHandedOut()
    {
        WriteNodes("nvidiactl", "nvidia-uvm", "nvidia2");
        _tree.Link("dev/nvidia-caps/nvidia-cap3", "/dev/null");
        _tree.Link("dev/nvidia-caps/nvidia-cap4", "/dev/null");
        _tree.Write("proc/devices", "Character devices:\n  1 nvidia-caps\n\nBlock devices:\n");
        WriteCapability("access", 3);
        WriteCapability("ci0/access", 4);

        var device = Read(Instance).Devices.Single();

        Assert.That(device.Problem, Does.Contain("nvidia-cap4\" has the numbers 1:3").And.Contain("1:4"));
        Assert.That(device.Nodes, Is.EqualTo(["nvidia2", "nvidia-caps/nvidia-cap3"]));
    }

    private NodeFiles Read(GpuDevice gpu) => Read(_options, gpu);

    private static NodeFiles Read(NodeFileOptions options, GpuDevice gpu) =>
        new NodeFileReader(options).Read(ImmutableArray.Create(gpu), Driver);

    private void WriteNodes(params string[] names)
    {
        foreach (var name in names)
        {
            _tree.Write($"dev/{name}");
        }
    }

    private void WriteCapability(string name, int minor) => _tree.Write(
        $"proc/driver/nvidia/capabilities/gpu2/mig/gi9/{name}",
        $"DeviceFileMinor: {minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
}
