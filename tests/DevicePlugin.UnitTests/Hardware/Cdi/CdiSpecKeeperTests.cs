using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
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
            Files = new NodeFileOptions
            {
                DriverRoot = Path.Combine(_tree.Root, "driver"),
                DevRoot = Path.Combine(_tree.Root, "dev"),
                ProcRoot = Path.Combine(_tree.Root, "proc"),
            },
        };
        _tree.Write("dev/nvidia0");
        _tree.Write("dev/nvidia1");
        _tree.Write($"driver/usr/lib64/libcuda.so.{Version}", ElfImage.Create("libcuda.so.1"));
    }

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public async Task Keeper_NotShownAnInventory_TouchesNothing()
    {
        var keeper = new CdiSpecKeeper(Logger);
        keeper.Configure(_options);
        await keeper.DisposeAsync();

        Assert.That(Directory.Exists(_options.SpecFolder), Is.False);
    }

    [Test]
    public async Task Keeper_ShownAnInventory_WritesAValidSpecThatEverybodyMayRead()
    {
        await KeepAsync(_options, Node(0, 1));

        using var spec = ReadSpec();
        CdiRules.AssertIsValid(spec.RootElement);
        Assert.That(spec.RootElement.GetProperty("devices").GetArrayLength(), Is.EqualTo(4));
        Assert.That(
            spec.RootElement.GetProperty("containerEdits").GetProperty("mounts").GetArrayLength(), Is.EqualTo(1));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That((int)File.GetUnixFileMode(SpecPath), Is.EqualTo(Convert.ToInt32("644", 8)));
        }

        Assert.That(Directory.GetFiles(_options.SpecFolder), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Keeper_ShownTheSameAgain_LeavesTheFileAlone()
    {
        await KeepAsync(_options, Node(0));
        File.SetLastWriteTimeUtc(SpecPath, DateTime.UnixEpoch);
        await KeepAsync(_options, Node(0));

        Assert.That(File.GetLastWriteTimeUtc(SpecPath), Is.EqualTo(DateTime.UnixEpoch));
    }

    [Test]
    public async Task Keeper_NodesChange_WritesAnew()
    {
        await KeepAsync(_options, Node(0, 1));
        File.Delete(Path.Combine(_tree.Root, "dev", "nvidia1"));
        await KeepAsync(_options, Node(0, 1));

        using var spec = ReadSpec();
        Assert.That(spec.RootElement.GetProperty("devices").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task Keeper_FileDeletedByOthers_WritesItAgain()
    {
        await KeepAsync(_options, Node(0));
        File.Delete(SpecPath);
        await KeepAsync(_options, Node(0));

        Assert.That(File.Exists(SpecPath));
    }

    [Test]
    public async Task Keeper_NotWanted_RemovesWhatAnEarlierRunLeft()
    {
        await KeepAsync(_options, Node(0));
        await KeepAsync(_options with { IsWanted = false }, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [Test]
    public async Task Keeper_NoDeviceLeft_RemovesTheSpec()
    {
        await KeepAsync(_options, Node(0));
        await KeepAsync(_options, Node());

        Assert.That(File.Exists(SpecPath), Is.False);
    }

    [Test]
    public async Task Keeper_OtherFolder_MovesTheSpec()
    {
        await using var keeper = new CdiSpecKeeper(Logger);
        var elsewhere = _options with { SpecFolder = Path.Combine(_tree.Root, "elsewhere") };
        keeper.Keep(_options, Node(0));
        keeper.Keep(elsewhere, Node(0));

        Assert.That(File.Exists(SpecPath), Is.False);
        Assert.That(File.Exists(Path.Combine(elsewhere.SpecFolder, "nomad-device-gpu.json")));
    }

    [TestCase("{\"cdiVersion\":\"0.6.0\",\"kind\":\"nvidia.com/gpu\"}")]
    [TestCase("not json")]
    [TestCase("{\"annotations\":{\"managed-by\":7}}")]
    [TestCase("[]")]
    public async Task Keeper_FileOfAnotherProgram_StaysAndIsLoggedOnce(string text)
    {
        _tree.Write("run/cdi/nomad-device-gpu.json", text);
        await using (var keeper = new CdiSpecKeeper(Logger))
        {
            keeper.Keep(_options, Node(0));
            keeper.Keep(_options, Node(0, 1));
        }

        await KeepAsync(_options with { IsWanted = false }, Node(0));

        Assert.That(File.ReadAllText(SpecPath), Is.EqualTo(text));
        Assert.That(_logs.Named("CdiSpecNotKept").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Keeper_FolderThatCannotBeMade_IsOneLogLine()
    {
        var file = _tree.Write("file");
        await using var keeper = new CdiSpecKeeper(Logger);
        var options = _options with { SpecFolder = Path.Combine(file, "cdi") };
        keeper.Keep(options, Node(0));
        keeper.Keep(options, Node(1));

        Assert.That(_logs.Named("CdiSpecNotKept").Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Keeper_AnotherSpecOfTheKind_IsLogged()
    {
        _tree.Write("run/cdi/nvidia.yaml", "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n");
        _tree.Write("run/cdi/other.json", "{\"kind\":\"vendor.com/net\"}");
        await KeepAsync(_options, Node(0));

        Assert.That(
            _logs.Named("CdiSpecHasRival").Select(entry => entry.Message),
            Has.Exactly(1).Contains("nvidia.yaml"));
    }

    [Test]
    public async Task Keeper_NoDriverLibraries_SaysSoAndWritesTheNodes()
    {
        Directory.Delete(_options.Files.DriverRoot, recursive: true);
        await KeepAsync(_options, Node(0));

        using var spec = ReadSpec();
        CdiRules.AssertIsValid(spec.RootElement);
        Assert.That(_logs.Named("CdiSpecLacksLibraries").Count(), Is.EqualTo(1));
    }

    private ILogger<CdiSpecKeeper> Logger => new Logger<CdiSpecKeeper>(_logs);

    private static Inventory Node(params int[] gpus) => new(
        new DriverStatus(DriverState.Loaded) { Version = Version },
        gpus.Select(n => new InventoryDevice(TestGpus.Gpu(n).Uuid, TestGpus.Gpu(n), DeviceHealth.Healthy)),
        isSimulated: false);

    // The keeper works off what it was given before it ends.
    private async Task KeepAsync(CdiOptions options, Inventory inventory)
    {
        await using var keeper = new CdiSpecKeeper(Logger);
        keeper.Configure(options);
        keeper.Offer(inventory);
    }

    private JsonDocument ReadSpec() => JsonDocument.Parse(File.ReadAllBytes(SpecPath));
}
