using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.HandOut;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.HandOut;

/// <summary>What a refresh is told of devices whose files change, by strategies that hand some out.</summary>
internal sealed class HandOutKeeperTests
{
    private const string Version = "580.105.08";

    private TemporaryTree _tree = null!;
    private TestLogs _logs = null!;
    private HandOutKeeper _keeper = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _logs = new TestLogs();
        _keeper = new HandOutKeeper(
            new CdiSpecKeeper(new Logger<CdiSpecKeeper>(_logs)), TimeProvider.System, new Logger<HandOutKeeper>(_logs), () => { });
        foreach (var name in (string[])["nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1"])
        {
            _tree.Write($"dev/{name}");
        }

        _tree.Write($"driver/usr/lib64/libcuda.so.{Version}", ElfImage.Create("libcuda.so.1"));
    }

    [TearDown]
    public async Task TearDown()
    {
        await _keeper.DisposeAsync();
        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public async Task Cdi_FirstRefresh_HasTheSpecWrittenBeforeTheDevicesAreOffered()
    {
        Assert.That(await FindAsync(Options(new CdiNames()), isSimulated: false), Is.Empty);
        Assert.That(File.Exists(Path.Combine(_tree.Root, "cdi", "nomad-device-gpu.json")));
    }

    [Test]
    public async Task Cdi_SpecThatCannotBeWritten_LeavesNoDeviceToOffer()
    {
        _tree.Write("cdi", "a file where the folder should be");

        var found = await FindAsync(Options(new CdiNames()), isSimulated: false);

        Assert.That(found.Keys, Is.EquivalentTo([TestGpus.Gpu(0).Uuid, TestGpus.Gpu(1).Uuid]));
        Assert.That(found.Values, Has.All.Contains("cannot be written"));
    }

    [Test]
    public async Task Nodes_ThatComeLate_AreSeenByTheNextRefresh()
    {
        var options = Options(new DevicePlugin.Gpu.Reservations.DeviceNodes());
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia1"));
        var before = await FindAsync(options, isSimulated: false);
        _tree.Write("dev/nvidia1");

        Assert.That(before.Keys, Is.EqualTo([TestGpus.Gpu(1).Uuid]));
        Assert.That(await FindAsync(options, isSimulated: false), Is.Empty);
    }

    [Platform("Linux")]
    [TestCase(true, false, 0)]
    [TestCase(false, false, 2)]
    [TestCase(true, true, 2)]
    public async Task Nodes_ThatAreMissing_AreMadeOnlyWhereItIsAskedForAndTheDriverIsInUse(
        bool isAsked, bool isInMaintenance, int obstacles)
    {
        var options = Options(new DevicePlugin.Gpu.Reservations.DeviceNodes());
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia1"));
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia-uvm"));
        var found = await FindAsync(
            options with { Maker = isAsked ? NewMaker(isInMaintenance) : null }, isSimulated: false);

        Assert.That(found, Has.Count.EqualTo(obstacles));
        Assert.That(File.Exists(Path.Combine(_tree.Root, "dev", "nvidia1")), Is.EqualTo(obstacles == 0));
    }

    [Test]
    public async Task SimulatedGpus_NeedNoFiles()
    {
        Directory.Delete(Path.Combine(_tree.Root, "dev"), recursive: true);
        Directory.Delete(Path.Combine(_tree.Root, "driver"), recursive: true);
        var options = Options(new DevicePlugin.Gpu.Reservations.DeviceNodes(), new CdiNames(), new DriverLibraries());

        Assert.That(await FindAsync(options, isSimulated: true), Is.Empty);
        Assert.That(await FindAsync(options, isSimulated: false), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Command_ThatOnlyLooks_JudgesFilesAndNeitherWritesNorAsksForASpec()
    {
        var options = Options(new CdiNames()) with { Cdi = null };

        Assert.That(await FindAsync(options, isSimulated: false), Is.Empty);
        Assert.That(Directory.Exists(Path.Combine(_tree.Root, "cdi")), Is.False);
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia-uvm"));
        Assert.That(await FindAsync(options, isSimulated: false), Has.Count.EqualTo(2));
    }

    private DeviceNodeMaker NewMaker(bool isInMaintenance)
    {
        var dev = Path.Combine(_tree.Root, "dev");
        _tree.WriteProgram(
            "driver/usr/bin/nvidia-modprobe", $"#!/bin/sh\ncase \"$1\" in -u) : > '{dev}/nvidia-uvm';; *) : > '{dev}/nvidia'$2;; esac\n");
        return new DeviceNodeMaker(
            new DeviceNodeMakerOptions
            {
                DriverRoot = Path.Combine(_tree.Root, "driver"),
                DevRoot = dev,
                ToolDevRoot = dev,
                ModuleFolder = _tree.Root,
                IsInMaintenance = () => isInMaintenance,
                ReadStatus = TemporaryTree.AsRootHasIt,
            },
            TimeProvider.System, new Logger<DeviceNodeMaker>(_logs));
    }

    private HandOutOptions Options(params IReservationStrategy[] strategies) => new()
    {
        Policy = new ReservationPolicy { Strategies = [.. strategies] },
        Files = new NodeFileReader(new NodeFileOptions
        {
            DriverRoot = Path.Combine(_tree.Root, "driver"),
            DevRoot = Path.Combine(_tree.Root, "dev"),
            ProcRoot = Path.Combine(_tree.Root, "proc"),
            DriverLibraries = true,
        }),
        Cdi = new CdiOptions
        {
            IsWanted = strategies.Any(strategy => strategy is CdiNames),
            SpecFolder = Path.Combine(_tree.Root, "cdi"),
            HookProgram = Path.Combine(_tree.Root, "none"),
            Folders = [],
        },
    };

    private Task<IReadOnlyDictionary<string, string>> FindAsync(HandOutOptions options, bool isSimulated) =>
        _keeper.FindObstaclesAsync(
            options,
            new Inventory(
                new DriverStatus(DriverState.Loaded) { Version = Version },
                new[] { 0, 1 }.Select(n =>
                    new InventoryDevice(TestGpus.Gpu(n).Uuid, TestGpus.Gpu(n), DeviceHealth.Healthy)),
                isSimulated),
            CancellationToken.None);
}
