using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.Cdi;

/// <summary>What the plugin's spec is called when other programs have specs too.</summary>
internal sealed class CdiKindTests
{
    private const string Rival = "kind: nvidia.com/gpu\ndevices:\n- name: all\n- name: \"0\"\n";

    private static readonly string Uuid = TestGpus.Gpu(0).Uuid;

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
            SpecFolder = Path.Combine(_tree.Root, "run"),
            Folders = [Path.Combine(_tree.Root, "etc"), Path.Combine(_tree.Root, "run")],
            ChoicePath = Path.Combine(_tree.Root, "state", "cdi.json"),
            HookProgram = Path.Combine(_tree.Root, "none"),
        };
        _tree.Write("dev/nvidia0");
    }

    [TearDown]
    public void TearDown()
    {
        _logs.Dispose();
        _tree.Dispose();
    }

    [Test]
    public void Kind_NoOtherSpec_IsNvidias()
    {
        _tree.Write("run/other.json", "{\"kind\":\"vendor.com/net\"}");

        Assert.That(Keep(new CdiSpecKeeper(Logger)).Kind, Is.EqualTo("nvidia.com/gpu"));
        AssertSpecIs("nvidia.com/gpu");
    }

    [TestCase("run/nvidia.yaml")]
    [TestCase("etc/nvidia.yaml")]
    [TestCase("etc/nomad-device-gpu.json")]
    public void Kind_AnotherProgramHasNvidias_IsItsOwnForGood(string rival)
    {
        var path = _tree.Write(rival, Rival);
        var state = Keep(new CdiSpecKeeper(Logger));

        Assert.That(state.FindObstacle(Uuid), Is.Null);
        AssertSpecIs("nomad-device-gpu/gpu");
        Assert.That(_logs.Named("CdiKindChosen").Single().Message, Does.Contain(path));

        // Tasks keep the names that they were given, also when the plugin is started again.
        File.Delete(path);
        File.Delete(SpecPath);
        Keep(new CdiSpecKeeper(Logger));
        AssertSpecIs("nomad-device-gpu/gpu");
    }

    [Test]
    public void Kind_StateIsLost_IsThatOfTheSpecThatIsThere()
    {
        var rival = _tree.Write("run/nvidia.yaml", Rival);
        Keep(new CdiSpecKeeper(Logger));
        File.Delete(rival);
        File.Delete(_options.ChoicePath!);

        Keep(new CdiSpecKeeper(Logger));
        AssertSpecIs("nomad-device-gpu/gpu");
    }

    [Test]
    public void Kind_StateIsOlderThanTheSpec_IsThatOfTheSpec()
    {
        Keep(new CdiSpecKeeper(Logger));
        var older = File.ReadAllText(_options.ChoicePath!);
        var rival = _tree.Write("run/nvidia.yaml", Rival);
        Keep(new CdiSpecKeeper(Logger));
        File.Delete(rival);

        // As when state_dir could not be written when the kind changed.
        File.WriteAllText(_options.ChoicePath!, older);
        Keep(new CdiSpecKeeper(Logger));

        AssertSpecIs("nomad-device-gpu/gpu");
    }

    [Test]
    public void Folder_ByAnotherOfItsNames_KeepsItsSpec()
    {
        Keep(new CdiSpecKeeper(Logger));
        _options = _options with { SpecFolder = _options.SpecFolder + "/" };

        Keep(new CdiSpecKeeper(Logger));

        Assert.That(_logs.Named("CdiSpecRemoved"), Is.Empty);
        AssertSpecIs("nvidia.com/gpu");
    }

    [Test]
    public void Conflict_WhileThePluginServes_IsRefusedAtOnceAndGoneWithTheNextRefresh()
    {
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Is.Null);

        var rival = _tree.Write("etc/nvidia.yaml", Rival);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Does.Contain(rival).And.Contain("nomad-device-gpu/gpu"));

        Keep(keeper);
        Keep(keeper);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Is.Null);
        Assert.That(keeper.Look(_options, NodeFiles.None).Kind, Is.EqualTo("nomad-device-gpu/gpu"));
        AssertSpecIs("nomad-device-gpu/gpu");
        Assert.That(_logs.Named("CdiKindChanged").Single().Message, Does.Contain(rival));
    }

    [Test]
    public void Conflict_ThatStandsAtARestart_IsSeenThoughTheSpecIsTheSame()
    {
        Keep(new CdiSpecKeeper(Logger));
        _tree.Write("run/nvidia.yaml", Rival);

        Keep(new CdiSpecKeeper(Logger));

        AssertSpecIs("nomad-device-gpu/gpu");
        Assert.That(_logs.Named("CdiKindChanged").Count(), Is.EqualTo(1));
    }

    [TestCase("\0\u0001nonsense: [", "nvidia.com/gpu")]
    [TestCase("kind: nvidia.com/gpu\n\tdevices: [", "nomad-device-gpu/gpu")]
    public void OtherSpec_ThatIsGarbled_IsOneWarningAndStopsNothing(string text, string kind)
    {
        var path = _tree.Write("run/vendor.yaml", text);
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper);
        var state = Keep(keeper);

        Assert.That(state.FindObstacle(Uuid), Is.Null);
        AssertSpecIs(kind);
        Assert.That(_logs.Named("CdiSpecOfOthersUnclear").Single().Message, Does.Contain(path));
    }

    // NVIDIA's tool writes the kind last, so the part that is read may not have it.
    [Test]
    public void OtherSpec_ThatIsHuge_CountsAsOneOfNvidiasAndStopsNothing()
    {
        using (var file = File.OpenWrite(_tree.Write("run/vendor.json", "")))
        {
            // A hole takes no room on the disk.
            file.SetLength(1L << 33);
        }

        Assert.That(Keep(new CdiSpecKeeper(Logger)).FindObstacle(Uuid), Is.Null);
        AssertSpecIs("nomad-device-gpu/gpu");
        Assert.That(_logs.Named("CdiSpecOfOthersUnclear").Count(), Is.EqualTo(1));
    }

    // As where /etc/cdi is a link to /run/cdi, or the file is linked from there.
    [TestCase("etc")]
    [TestCase("etc/nomad-device-gpu.json")]
    [TestCase("etc/gpus.json")]
    [Platform("Linux")]
    public void OwnSpec_LinkedFromAnotherFolder_DoesNotConflictWithItself(string link)
    {
        Keep(new CdiSpecKeeper(Logger));
        _tree.Link(link, link == "etc" ? _options.SpecFolder : SpecPath);
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper);

        Assert.That(Keep(keeper).FindObstacle(Uuid), Is.Null);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Is.Null);
        AssertSpecIs("nvidia.com/gpu");
    }

    [Test]
    [Platform("Linux")]
    public void OwnSpec_LinkedByAnotherNameInItsFolder_TakesItsOwnNames()
    {
        Keep(new CdiSpecKeeper(Logger));
        _tree.Link("run/gpus.json", SpecPath);
        var keeper = new CdiSpecKeeper(Logger);
        Keep(keeper);

        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Does.Contain("gpus.json"));
    }

    [Test]
    [Platform("Linux")]
    public void OtherSpec_ThatIsNoFile_IsNotOpened()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Root, "run", "folder.json"));
        _tree.Link("run/nothing.json", "/none");
        _tree.Link("run/loop.json", "loop.json");
        _tree.Link("run/endless.json", "/dev/zero");

        Assert.That(Keep(new CdiSpecKeeper(Logger)).FindObstacle(Uuid), Is.Null);
        AssertSpecIs("nomad-device-gpu/gpu");
        Assert.That(_logs.Named("CdiSpecOfOthersUnclear").Single().Message, Does.Contain("endless.json"));
    }

    [Test]
    public void OtherSpec_WithNamesOfOurOwnKind_TakesTheseOnly()
    {
        _tree.Write("run/nvidia.yaml", Rival);
        var copy = _tree.Write("run/copy.json", $$"""{"kind":"nomad-device-gpu/gpu","devices":[{"name":"{{Uuid}}"}]}""");
        var keeper = new CdiSpecKeeper(Logger);
        var state = Keep(keeper);

        Assert.That(state.FindObstacle(Uuid), Does.Contain(copy));
        Assert.That(state.FindObstacle("0"), Is.Null);
        File.Delete(copy);
        Assert.That(keeper.Look(_options, NodeFiles.None).FindObstacle(Uuid), Is.Null);
    }

    [Test]
    public void Folder_ChangedOverARestart_LeavesNoSpecBehind()
    {
        Keep(new CdiSpecKeeper(Logger));
        var elsewhere = _options with { SpecFolder = Path.Combine(_tree.Root, "etc") };
        new CdiSpecKeeper(Logger).Keep(elsewhere, Node(), Files());

        Assert.That(SpecPath, Does.Not.Exist);
        Assert.That(Path.Combine(elsewhere.SpecFolder, "nomad-device-gpu.json"), Does.Exist);

        // The strategy is given up, and so is the key of the folder.
        new CdiSpecKeeper(Logger).Keep(_options with { IsWanted = false }, Node(), Files());
        Assert.That(Path.Combine(elsewhere.SpecFolder, "nomad-device-gpu.json"), Does.Not.Exist);
    }

    [Test]
    public void SimulatedGpus_WithoutTheStrategy_LeaveTheSpecOfARealPluginAlone()
    {
        Keep(new CdiSpecKeeper(Logger));
        var simulated = _options with
        {
            OwnsUnrecorded = false,
            ChoicePath = Path.Combine(_tree.Root, "state", "simulated", "cdi.json"),
        };
        new CdiSpecKeeper(Logger).Keep(simulated with { IsWanted = false }, Node(), Files());
        Assert.That(SpecPath, Does.Exist);

        var elsewhere = simulated with { SpecFolder = Path.Combine(_tree.Root, "elsewhere") };
        new CdiSpecKeeper(Logger).Keep(elsewhere, Node(), Files());
        Assert.That(SpecPath, Does.Exist);
        new CdiSpecKeeper(Logger).Keep(elsewhere with { IsWanted = false }, Node(), Files());
        Assert.That(Path.Combine(elsewhere.SpecFolder, "nomad-device-gpu.json"), Does.Not.Exist, "it wrote that one");
        Assert.That(SpecPath, Does.Exist);
    }

    [Test]
    public void SimulatedGpus_ByTheStrategy_LeaveTheSpecOfARealPluginAlone()
    {
        Keep(new CdiSpecKeeper(Logger));
        var spec = File.ReadAllText(SpecPath);
        var simulated = _options with
        {
            OwnsUnrecorded = false,
            ChoicePath = Path.Combine(_tree.Root, "state", "simulated", "cdi.json"),
        };
        var other = new Inventory(
            new DriverStatus(DriverState.Loaded), [new InventoryDevice(TestGpus.Gpu(1).Uuid, TestGpus.Gpu(1), DeviceHealth.Healthy)],
            isSimulated: true);
        var keeper = new CdiSpecKeeper(Logger);

        Assert.That(keeper.Keep(simulated, other, Files())!.FindObstacle(TestGpus.Gpu(1).Uuid), Does.Contain("is another plugin's"));
        keeper.Keep(simulated, new Inventory(new DriverStatus(DriverState.Loaded), [], isSimulated: true), Files());
        keeper.Keep(simulated with { IsWanted = false }, other, Files());
        Assert.That(File.ReadAllText(SpecPath), Is.EqualTo(spec));
    }

    [TestCase("{}")]
    [TestCase("{\"kind\":\"nvidia.com/gpu\",\"folder\":7}")]
    [TestCase("{\"kind\":\"vendor.com/gpu\",\"folder\":\"/etc/cdi\"}")]
    [TestCase("[")]
    [TestCase("{\"kind\":\"nvidia.com/gpu\",\"folder\":\"\\ud800\"}")]
    [TestCase("{\"\\ud800\":1}")]
    public void Choice_ThatIsGarbled_IsMovedAsideAndMadeAgain(string text)
    {
        _tree.Write("state/cdi.json", text);
        Keep(new CdiSpecKeeper(Logger));

        AssertSpecIs("nvidia.com/gpu");
        Assert.That(File.ReadAllText(_options.ChoicePath!), Does.Contain(_options.SpecFolder));
        Assert.That(_logs.Named("StateMovedAside").Count(), Is.EqualTo(1));
    }

    [TestCase("/var/run/cdi", "/etc/cdi", true)]
    [TestCase("/run/cdi/", "/etc/cdi", true)]
    [TestCase("/etc/cdi", "/var/run/cdi", false)]
    [TestCase("/var/run/cdi", "/run/cdi", false)]
    [TestCase("/opt/cdi", "/etc/cdi", false)]
    public void Folder_OfPriority_IsTheDynamicOneOverTheStaticOne(string own, string other, bool hasPriority) =>
        Assert.That(CdiFolders.HasPriority(own, other), Is.EqualTo(hasPriority));

    [Test]
    public void Folders_ThatAreOne_AreLookedAtOnce() => Assert.That(
        CdiFolders.With(CdiFolders.Standard, "/run/cdi"), Is.EqualTo(["/run/cdi", "/etc/cdi"]));

    [Test]
    public void Reservation_NamesTheKindOfTheSpec()
    {
        var request = new ReservationRequest(
            [new InventoryDevice(Uuid, TestGpus.Gpu(0), DeviceHealth.Healthy)], [TestGpus.Gpu(0)],
            new DriverStatus(DriverState.Loaded), IsSimulated: false)
        {
            Files = Files() with { Cdi = new CdiState([Uuid]) { Kind = CdiNames.OwnKind } },
        };

        var given = ReservationPlanner.Plan(request, new ReservationPolicy { Strategies = [new CdiNames()] });

        Assert.That(given.Environment["NVIDIA_CDI_DEVICES"], Is.EqualTo($"nomad-device-gpu/gpu={Uuid}"));
    }

    private ILogger<CdiSpecKeeper> Logger => new Logger<CdiSpecKeeper>(_logs);

    private CdiState Keep(CdiSpecKeeper keeper) => keeper.Keep(_options, Node(), Files())!;

    private NodeFiles Files() => new()
    {
        DevRoot = Path.Combine(_tree.Root, "dev"),
        Devices = [new DeviceFiles(Uuid, ["nvidia0"])],
    };

    private static Inventory Node() => new(
        new DriverStatus(DriverState.Loaded) { Version = "580.105.08" },
        [new InventoryDevice(Uuid, TestGpus.Gpu(0), DeviceHealth.Healthy)],
        isSimulated: false);

    private void AssertSpecIs(string kind)
    {
        using var spec = JsonDocument.Parse(File.ReadAllBytes(SpecPath));
        CdiRules.AssertIsValid(spec.RootElement);
        CdiRules.AssertFilesExist(spec.RootElement);
        Assert.That(spec.RootElement.GetProperty("kind").GetString(), Is.EqualTo(kind));
    }
}
