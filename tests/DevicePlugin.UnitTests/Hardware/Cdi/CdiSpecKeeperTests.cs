using System.Collections.Immutable;
using System.Net.Sockets;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.Cdi;

internal sealed class CdiSpecKeeperTests
{
    private const string Version = "580.105.08";

    private TemporaryTree _tree = null!;
    private TestLogs _logs = null!;
    private CdiOptions _options = null!;
    private NodeFileOptions _files = null!;

    private string SpecPath => Path.Combine(_options.SpecFolder, "nomad-device-gpu.json");

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _logs = new TestLogs();
        _options = new CdiOptions
        {
            IsWanted = true,
            SpecFolder = Path.Combine(_tree.Root, "run", "cdi"),
            HookProgram = Path.Combine(_tree.Root, "none"),
            Folders = [],
        };
        _files = new NodeFileOptions
        {
            DriverRoot = Path.Combine(_tree.Root, "driver"),
            DevRoot = Path.Combine(_tree.Root, "dev"),
            ProcRoot = Path.Combine(_tree.Root, "proc"),
            DriverLibraries = true,
        };
        _tree.Write("dev/nvidiactl");
        _tree.Write("dev/nvidia-uvm");
        _tree.Write("dev/nvidia0");
        _tree.Write("dev/nvidia1");
        _tree.Write($"driver/usr/lib64/libcuda.so.{Version}", ElfImage.Create("libcuda.so.1"));
    }

    [TearDown]
    public void TearDown()
    {
        if (File.Exists(SpecPath) && _logs.Named("CdiSpecNotKept").FirstOrDefault() is null)
        {
            using var spec = ReadSpec();
            CdiRules.AssertIsValid(spec.RootElement);
        }

        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public void Keeper_NotShownAnInventory_TouchesNothingAndHasNoNames()
    {
        var keeper = new CdiSpecKeeper(Logger);

        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid), Is.EqualTo("the CDI spec is not written yet"));
        Assert.That(Directory.Exists(_options.SpecFolder), Is.False);
    }

    [Test]
    public void Keeper_ShownAnInventory_WritesAValidSpecThatEverybodyMayRead()
    {
        Keep(_options, Node(0, 1));

        using var spec = ReadSpec();
        CdiRules.AssertIsValid(spec.RootElement);
        Assert.That(spec.RootElement.GetProperty("devices").GetArrayLength(), Is.EqualTo(4));
        Assert.That(
            spec.RootElement.GetProperty("containerEdits").GetProperty("mounts").GetArrayLength(), Is.EqualTo(2),
            "libcuda.so.1 and libcuda.so");
        if (!OperatingSystem.IsWindows())
        {
            Assert.That((int)File.GetUnixFileMode(SpecPath), Is.EqualTo(Convert.ToInt32("644", 8)));
        }

        Assert.That(Directory.GetFiles(_options.SpecFolder), Has.Length.EqualTo(1));
    }

    [Test]
    public void Keeper_ShownTheSameAgain_LeavesTheFileAlone()
    {
        Keep(_options, Node(0));
        File.SetLastWriteTimeUtc(SpecPath, DateTime.UnixEpoch);
        Keep(_options, Node(0));

        Assert.That(File.GetLastWriteTimeUtc(SpecPath), Is.EqualTo(DateTime.UnixEpoch));
    }

    [Test]
    public void Keeper_NodesChange_WritesAnew()
    {
        Keep(_options, Node(0, 1));
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia1"));
        Keep(_options, Node(0, 1));

        using var spec = ReadSpec();
        Assert.That(spec.RootElement.GetProperty("devices").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void Keeper_FileDeletedByOthers_WritesItAgain()
    {
        Keep(_options, Node(0));
        File.Delete(SpecPath);
        Keep(_options, Node(0));

        Assert.That(File.Exists(SpecPath));
    }

    [Test]
    public void Keeper_NotWanted_RemovesWhatAnEarlierRunLeft()
    {
        Keep(_options, Node(0));
        Keep(_options with { IsWanted = false }, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    public void Keeper_NotWantedAndTheFileIsLong_RemovesItUpToItsLimitOnly(int bytesOver, bool stays)
    {
        const string Spec = "{\"cdiVersion\":\"0.5.0\",\"kind\":\"nomad-device-gpu/gpu\"}";
        _tree.Write("run/cdi/nomad-device-gpu.json", Spec.PadRight((4 * 1024 * 1024) + bytesOver));

        Keep(_options with { IsWanted = false }, Node(0));

        Assert.That(File.Exists(SpecPath), Is.EqualTo(stays));
        Assert.That(_logs.Named("CdiSpecNotKept").Any(), Is.EqualTo(stays));
    }

    [Test]
    public void Keeper_NoDeviceLeft_RemovesTheSpec()
    {
        Keep(_options, Node(0));
        Keep(_options, Node());

        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [Test]
    public void Keeper_OtherFolder_MovesTheSpec()
    {
        var keeper = new CdiSpecKeeper(Logger);
        var elsewhere = _options with { SpecFolder = Path.Combine(_tree.Root, "elsewhere") };
        Keep(keeper, _options, Node(0));
        Keep(keeper, elsewhere, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(File.Exists(Path.Combine(elsewhere.SpecFolder, "nomad-device-gpu.json")));
    }

    [TestCase("{\"cdiVersion\":\"0.6.0\",\"kind\":\"vendor.com/gpu\"}")]
    [TestCase("{\"cdiVersion\":\"0.6.0\",\"annotations\":{\"managed-by\":\"nomad-device-gpu\"}}")]
    [TestCase("{\"kind\":7}")]
    [TestCase("kind: nvidia.com/gpu")]
    [TestCase("[]")]
    [TestCase("")]
    public void Keeper_FileOfAnotherProgram_StaysAndIsLoggedOnce(string text)
    {
        _tree.Write("run/cdi/nomad-device-gpu.json", text);
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        var state = Keep(keeper, _options, Node(0, 1));

        Keep(_options with { IsWanted = false }, Node(0));

        Assert.That(File.ReadAllText(SpecPath), Is.EqualTo(text));
        Assert.That(_logs.Named("CdiSpecNotKept").Count(), Is.EqualTo(1));
        Assert.That(state!.FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("another program wrote it"));
    }

    [TestCase("{\"cdiVersion\":\"0.6.0\",\"kind\":\"nvidia.com/gpu\",\"annotations\":{\"managed-by\":\"nomad-device-gpu\"}}")]
    [TestCase("{\"cdiVersion\":\"0.5.0\",\"kind\":\"nomad-device-gpu/gpu\"}")]
    public void Keeper_FileOfAnEarlierVersionOfThePlugin_IsReplacedAndRemoved(string text)
    {
        _tree.Write("run/cdi/nomad-device-gpu.json", text);
        Keep(_options, Node(0));
        using (var spec = ReadSpec())
        {
            CdiRules.AssertIsValid(spec.RootElement);
        }

        _tree.Write("run/cdi/nomad-device-gpu.json", text);
        Keep(_options with { IsWanted = false }, Node(0));
        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [TestCase(DriverState.Maintenance, "maintenance: new firmware")]
    [TestCase(DriverState.VersionMismatch, "the kernel module is 570.1 and the library 580.2")]
    [TestCase(DriverState.NotLoaded, "the kernel module is not loaded")]
    public void Keeper_NoDriverInUse_RemovesTheSpecAndSaysWhy(DriverState state, string reason)
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        var unused = Without(state, reason, 0);
        var found = Keep(keeper, _options, unused)!;

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(found.FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain(reason));
        Assert.That(
            new CdiNames().FindObstacle(unused.Devices[0], FilesOf(unused) with { Cdi = found }),
            Does.Contain(reason).And.Not.Contain("\"\""));
        Assert.That(_logs.Named("CdiSpecLacksLibraries"), Is.Empty, "the driver's state is told of anyway");
    }

    [Test]
    public void Keeper_LibrariesChangeAfterTheRefresh_TheSpecIsOutdatedUntilTheNext()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        _tree.Write($"driver/usr/lib64/libnvidia-ml.so.{Version}", ElfImage.Create("libnvidia-ml.so.1"));

        Assert.That(
            keeper.Look(_options, FilesOf(Node(0))).FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("is written again"));
        Keep(keeper, _options, Node(0));
        Assert.That(keeper.Look(_options, FilesOf(Node(0))).FindObstacle(TestGpus.Gpu(0).Uuid), Is.Null);
    }

    [Test]
    [Platform("Linux")]
    public void Keeper_SocketVanishesAfterTheRefresh_TheSpecIsOutdatedUntilTheNext()
    {
        _files = _files with { PersistenceSocket = true };
        var path = _tree.Write("driver/run/nvidia-persistenced/socket");
        File.Delete(path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        Assert.That(File.ReadAllText(SpecPath), Does.Contain("/run/nvidia-persistenced/socket"));
        Assert.That(keeper.Look(_options, FilesOf(Node(0))).FindObstacle(TestGpus.Gpu(0).Uuid), Is.Null);

        File.Delete(path);

        Assert.That(
            keeper.Look(_options, FilesOf(Node(0))).FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("is written again"));
        Keep(keeper, _options, Node(0));
        using var spec = ReadSpec();
        CdiRules.AssertFilesExist(spec.RootElement);
        Assert.That(File.ReadAllText(SpecPath), Does.Not.Contain("persistenced"));
    }

    [Test]
    public void Keeper_LibraryVanishesAtRunTime_LeavesNoNameBehind()
    {
        var library = _tree.Write($"driver/usr/lib64/libnvidia-ml.so.{Version}", ElfImage.Create("libnvidia-ml.so.1"));
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));

        File.WriteAllBytes(library, ElfImage.Create("libnvidia-ml.so.1")[..0x200]);
        Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(library)!, DateTime.UtcNow);
        Assert.That(Keep(keeper, _options, Node(0))!.FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain(library));
        Assert.That(File.Exists(SpecPath), Is.False);

        File.Delete(library);
        Keep(keeper, _options, Node(0));
        Assert.That(File.Exists(SpecPath), "what is not installed is nothing to wait for");

        File.Delete(Path.Combine(_files.DriverRoot, "usr", "lib64", $"libcuda.so.{Version}"));
        Assert.That(Keep(keeper, _options, Node(0))!.FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain(Version));
        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [Test]
    public void Keeper_FolderThatCannotBeMade_IsOneLogLine()
    {
        var file = _tree.Write("file");
        var keeper = new CdiSpecKeeper(Logger);
        var options = _options with { SpecFolder = Path.Combine(file, "cdi") };
        Keep(keeper, options, Node(0));
        var state = Keep(keeper, options, Node(1));

        Assert.That(_logs.Named("CdiSpecNotKept").Count(), Is.EqualTo(1));
        Assert.That(state!.FindObstacle(TestGpus.Gpu(1).Uuid), Does.Contain("cannot be written"));
        Assert.That(keeper.Look(options, NodeFiles.None).FindObstacle(TestGpus.Gpu(1).Uuid), Does.Contain("cannot be written"));
    }

    // A folder is in the way of the new spec; a full disk does the same.
    [Test]
    public void Keeper_SpecCannotBeReplaced_LeavesNoneOfBeforeBehind()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        var obstacle = Directory.CreateDirectory(SpecPath + ".new").CreateSubdirectory("full").Parent!;
        Keep(keeper, _options, Node(0));
        Assert.That(File.Exists(SpecPath), "it is right as it is");

        Keep(keeper, _options, Node(0, 1));
        var state = Keep(keeper, _options, Node(0, 1))!;

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(state.FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("cannot be written"));
        Assert.That(_logs.Named("CdiSpecNotKept").Count(), Is.EqualTo(1));
        Assert.That(_logs.Named("CdiSpecRemoved").Count(), Is.EqualTo(1));

        obstacle.Delete(recursive: true);
        Assert.That(Keep(keeper, _options, Node(0, 1))!.FindObstacle(TestGpus.Gpu(1).Uuid), Is.Null);
    }

    [TestCase("nvidia-uvm")]
    [TestCase("nvidiactl")]
    [TestCase("nvidia0")]
    public void Keeper_NodeIsMissing_LeavesTheDeviceOut(string node)
    {
        File.Delete(Path.Combine(_tree.Root, "dev", node));
        var state = Keep(new CdiSpecKeeper(Logger), _options, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(state!.FindObstacle(TestGpus.Gpu(0).Uuid), Is.Not.Null);
    }

    [Test]
    public void Keeper_SpecIsRemovedOrChangedByOthers_HasNoNamesUntilItIsWrittenAgain()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid), Is.Null);

        File.AppendAllText(SpecPath, " ");
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("removed or changed"));
        File.Delete(SpecPath);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid), Does.Contain("removed or changed"));
        Keep(keeper, _options, Node(0));
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid), Is.Null);
        Assert.That(
            keeper.Look(_options with { SpecFolder = "/elsewhere" }, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid),
            Does.Contain("not written yet"));
    }

    // Nomad reserves whenever it likes, and a disk takes a while to flush the file that is in its place already.
    [Test]
    public void Keeper_LookedAtWhileItWrites_NeverTakesItsOwnSpecForAnotherPrograms()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0));
        using var stop = new CancellationTokenSource();
        var found = Task.Run(() =>
        {
            string? obstacle = null;
            while (obstacle is null && !stop.IsCancellationRequested)
            {
                obstacle = keeper.Look(_options, NodeFiles.None).FindObstacle(TestGpus.Gpu(0).Uuid);
            }

            return obstacle;
        });
        for (var write = 0; write < 100 && !found.IsCompleted; write++)
        {
            Keep(keeper, _options, Node(write % 2 == 0 ? [0, 1] : [0]));
        }

        stop.Cancel();
        Assert.That(found.Result, Is.Null);
    }

    [Test]
    public void Keeper_GpuHasOtherNodesThanTheSpecSays_LeavesItUntilItIsWrittenAgain()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper, _options, Node(0, 1));
        var swapped = TestGpus.Gpu(0) with { MinorNumber = 1 };
        var now = ReadFiles([swapped]);

        Assert.That(keeper.Look(_options, now).FindObstacle(swapped.Uuid), Does.Contain("of an earlier refresh"));
        Assert.That(keeper.Look(_options, ReadFiles([TestGpus.Gpu(1)])).FindObstacle(TestGpus.Gpu(1).Uuid), Is.Null);
        keeper.Keep(_options, Node(0), now);
        Assert.That(keeper.Look(_options, now).FindObstacle(swapped.Uuid), Is.Null);
    }

    [Test]
    public void Keeper_NoDriverLibraries_SaysSoAndWritesNoSpec()
    {
        Directory.Delete(_files.DriverRoot, recursive: true);
        Keep(_options, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(_logs.Named("CdiSpecLacksLibraries").Count(), Is.EqualTo(1));
    }

    private ILogger<CdiSpecKeeper> Logger => new Logger<CdiSpecKeeper>(_logs);

    private static Inventory Node(params int[] gpus) => new(
        new DriverStatus(DriverState.Loaded) { Version = Version },
        gpus.Select(n => new InventoryDevice(TestGpus.Gpu(n).Uuid, TestGpus.Gpu(n), DeviceHealth.Healthy)),
        isSimulated: false);

    private static Inventory Without(DriverState state, string reason, params int[] gpus) => new(
        new DriverStatus(state, reason),
        gpus.Select(n => new InventoryDevice(
            TestGpus.Gpu(n).Uuid, TestGpus.Gpu(n), new DeviceHealth(HealthState.Unhealthy, reason))),
        isSimulated: false);

    private NodeFiles FilesOf(Inventory inventory) =>
        new NodeFileReader(_files).Read([.. inventory.Devices.Select(device => device.Gpu)], inventory.Driver);

    private void Keep(CdiOptions options, Inventory inventory) => Keep(new CdiSpecKeeper(Logger), options, inventory);

    private CdiState? Keep(CdiSpecKeeper keeper, CdiOptions options, Inventory inventory) => keeper.Keep(
        options, inventory, FilesOf(inventory));

    private NodeFiles ReadFiles(ImmutableArray<GpuDevice> gpus) =>
        new NodeFileReader(_files).Read(gpus, new DriverStatus(DriverState.Loaded) { Version = Version });

    private JsonDocument ReadSpec() => JsonDocument.Parse(File.ReadAllBytes(SpecPath));
}
