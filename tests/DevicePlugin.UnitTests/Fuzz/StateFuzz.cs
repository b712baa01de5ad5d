using System.Text;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Hardware.Mps;
using DevicePlugin.Hardware.State;
using DevicePlugin.Hardware.TimeSlicing;
using DevicePlugin.Tests.Fuzz;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>Each file that the plugin keeps: whatever is in it, it is loaded or not, and what was loaded is kept as it is.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StateFuzz
{
    private const string Boot = "a1b2c3d4-0000-4000-8000-000000000001";
    private const string Gpu = "GPU-00000001";

    private const string Health =
        $$$"""
        {"version":1,"saved":{"boot_id":"{{{Boot}}}","uptime":1000.5,"at":"2026-11-01T00:00:00+00:00"},"memory":{"causes":[
        {"gpu":"{{{Gpu}}}","fault":null,"xid":79,"instance":null,"what":"XID 79","since":"2026-11-01T00:00:00+00:00",
        "load":{"boot_id":"{{{Boot}}}","module":"580 1"},"last_seen":"2026-11-01T00:05:00+00:00","occurrences":7},
        {"gpu":"{{{Gpu}}}","fault":"RemapFailed","instance":"MIG-1","what":"row remap failed","since":"2026-11-01T00:00:00+00:00",
        "last_seen":"2026-11-01T00:05:00+00:00","occurrences":2,"held_until":"2026-11-01T01:00:00+00:00","advice":"replace the board",
        "over_since":"2026-11-01T00:50:00+00:00","onsets":4,"declared_reset":true}],
        "flaps":[{"gpu":"{{{Gpu}}}","fault":null,"xid":79,"instance":null,"level":2,"onsets":["2026-11-01T00:00:00+00:00",
        "2026-11-01T00:03:00+00:00"],"cleared":"2026-11-01T00:02:00+00:00"}],
        "graces":[{"gpu":"{{{Gpu}}}","fault":"FabricNotReady","instance":null,"since":"2026-11-01T00:00:00+00:00",
        "load":{"boot_id":"{{{Boot}}}","module":null} }],"contained":[{"gpu":"{{{Gpu}}}"}],
        "clears":[{"gpu":"{{{Gpu}}}","boot_id":"{{{Boot}}}","sequence":17}],"judged_line":{"boot_id":"{{{Boot}}}","sequence":4711} } }
        """;

    private const string KnownGpus =
        """
        {"version":1,"driver_version":"580","load":{"boot_id":"b","module":"580 1"},"devices":[
        {"uuid":"GPU-00000001","name":"NVIDIA H100","index":3,"pci_bus_id":"0000:3b:00.0","former_pci_bus_id":"0000:3c:00.0","minor_number":5,
        "nvlinks_seen_up":34359738373,"facts":{"memory_mib":81559,"power_limit_watts":700.5,"mig_mode":true,"ecc_mode":false,
        "compute_capability":"9.0","cuda_cores":16896,"nvlink_version":4,"board_serial":"1","fabric_clique":0}},
        {"uuid":"MIG-00000001","name":"NVIDIA H100 MIG 1g.10gb","index":4,"pci_bus_id":null,"mig":{"parent":"GPU-00000001","gpu_instance":7,
        "compute_instance":0,"profile":"1g.10gb","slot":2,"gpu_slices":1,"compute_slices":1},"facts":{}}]}
        """;

    private const string Cordons =
        """
        {"version":1,"cordons":[{"gpu":"GPU-00000001","board_serial":"1652","reason":"fan \ud83d\udd25","by":"root (sudo)","since":"2026-11-01T00:00:00+00:00"},
        {"gpu":"GPU-00000002","board_serial":null,"reason":"","by":"ops","since":"2026-11-01T00:00:00.1234567+02:00"}]}
        """;

    private const string Mps =
        $$"""
        {"version":1,"boot_id":"{{Boot}}","daemons":[{"block":0,"pid":4711,"start_ticks":99,"pipe_directory":"/run/p","log_directory":"/run/l",
        "gpus":[{"uuid":"GPU-00000001","former_compute_mode":"DEFAULT"}]},{"block":1,"pipe_directory":"/p","log_directory":"/l","gpus":[]}]}
        """;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero));
    private string _folder = null!;

    private string File => Path.Combine(_folder, "state");

    [SetUp]
    public void SetUp() => _folder = Directory.CreateDirectory(
        // Memory, where there is a file system of it: each file is flushed to the disk.
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fz-{Guid.NewGuid():N}")).FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Health_IsLoadedOrNot_AndIsJudgedAndKeptAsItIs() => new FuzzRun(1500, Health)
    {
        Words = [.. Enum.GetNames<DeviceFaultKind>(), Boot, Gpu, "48", "63", "94", "95", "119"],
    }.Run(input =>
    {
        var file = new HealthFile(File, Boot, NullLogger.Instance)
        {
            ReadClock = () => new BootMoment(Boot, TimeSpan.FromHours(1), _time.GetUtcNow()),
        };
        var memory = Load(input, file.Load);
        file.Save(memory);
        FuzzRun.Require(file.Load().Equals(memory), "what was kept is not what is loaded");

        var device = new GpuDevice { Uuid = Gpu, Name = "NVIDIA H100", Index = 0 };
        var tracker = NewTracker(memory);
        tracker.Assess(device);
        tracker.CausesOf(device);
        var remembered = tracker.Remember();
        var after = NewTracker(HealthJson.Read(HealthJson.Write(remembered)));
        FuzzRun.Require(
            after.Remember().Causes.Select(KeyOf).SequenceEqual(remembered.Causes.Select(KeyOf)), "causes that a restart changes");
    });

    [Test]
    public void KnownGpus_AreLoadedOrNot_AndKeptAsTheyAre() => new FuzzRun(1500, KnownGpus).Run(input =>
    {
        var file = new KnownGpuFile(File, NullLogger.Instance);
        var memory = Load(input, file.Load);
        file.Save(memory);
        FuzzRun.Require(file.Load().Equals(memory), "what was kept is not what is loaded");

        var known = new KnownGpus(NullLogger.Instance);
        known.Configure(new KnownGpuStore(() => memory, _ => true) { ExpectsThem = true });
        var report = new NodeReport(new DriverStatus(DriverState.Loaded) { Version = "580" }, []) { Load = memory.Load };
        var devices = known.AddTo(known.TakeMissing(report));
        FuzzRun.Require(devices.Length >= memory.Devices.Select(device => device.PhysicalUuid).Distinct().Count() || devices.IsEmpty, "a GPU is lost");
        known.Keep(report, _ => true);
    });

    [Test]
    public void Cordons_AreLoadedOrNamedUnreadable_AndKeptAsTheyAre() => new FuzzRun(1500, Cordons).Run(input =>
    {
        var file = new CordonFile(File, NullLogger.Instance);
        var record = Load(input, file.Load);
        FuzzRun.Require(!record.IsMissing, "a file that is there is said to be missing");
        if (record.Problem is null)
        {
            FuzzRun.Require(record.Cordons.All(cordon => !cordon.Text.Any(char.IsControl)), "a cordon has control characters");
            FuzzRun.Require(file.Save(record) is null, "it is not kept");
            FuzzRun.Require(file.Load().Cordons.SequenceEqual(record.Cordons), "what was kept is not what is loaded");
        }
    });

    [Test]
    public void MpsDaemons_AreReadOrRefused_AndReadBackTheSame() => new FuzzRun(4000, Mps).Run(input =>
    {
        MpsRecord[] records;
        try
        {
            records = MpsJson.Read(input, Boot);
        }
        catch (JsonException)
        {
            return;
        }

        FuzzRun.Require(
            MpsJson.Read(MpsJson.Write(records, Boot), Boot).Select(Show).SequenceEqual(records.Select(Show)), "it does not read back the same");
    });

    [Test]
    public void CdiChoice_IsLoadedOrNot_AndKeptAsItIs() => new FuzzRun(
        1000, """{"kind":"nvidia.com/gpu","folder":"/var/run/cdi"}""", """{"kind":"nomad-device-gpu.com/gpu","folder":"/etc/cdi"}""").Run(input =>
    {
        var file = new CdiChoiceFile(File, NullLogger.Instance);
        if (LoadOrNone(input, file.Load) is { } choice)
        {
            file.Save(choice);
            FuzzRun.Require(file.Load() == choice, "what was kept is not what is loaded");
        }
    });

    [Test]
    public void TimeSlices_AreLoadedAsFarAsTheyAreUuids() => new FuzzRun(
        500, $"boot {Boot}\nGPU-00000001\nGPU-00000002\n", "GPU-00000001\n")
    {
        Words = ["boot ", Boot, "--help", "GPU-1;reboot", "../GPU-1"],
    }.Run(input =>
    {
        var file = new TimeSliceFile(File, Boot, NullLogger.Instance);
        var uuids = Load(input, file.Load);
        FuzzRun.Require(
            uuids.All(uuid => uuid.All(character => char.IsAsciiLetterOrDigit(character) || character == '-')), "an argument that is no UUID");
        file.Save(uuids);

        // A file at the limit has no room for the line of the boot.
        FuzzRun.Require(input.Length > FuzzMutator.MostBytes / 2 || file.Load().SetEquals(uuids), "what was kept is not what is loaded");
    });

    [Test]
    public void Maintenance_IsThereWhateverItSays_AndIsOneLine() => new FuzzRun(
        1500, "driver update, back at 5\n", "reset\n", "reset GPU-00000001\nreset GPU-00000002\n")
    {
        Words = ["reset", "reset ", "GPU-00000001"],
    }.Run(input =>
    {
        System.IO.File.WriteAllBytes(File, input);
        var maintenance = new MaintenanceFile(File, null, NullLogger.Instance).Read();
        FuzzRun.Require(maintenance is not null, "it is not seen");
        FuzzRun.Require(!maintenance!.Reason.Any(char.IsControl) && maintenance.Reason.Length <= 200, "the reason is not one line");
        var lines = Encoding.UTF8.GetString(input).Split('\n').Select(line => line.Trim()).ToList();
        FuzzRun.Require(!maintenance.ResetsAll || lines.Contains("reset"), "a reset of all that nobody wrote");
        FuzzRun.Require(maintenance.Resets.All(uuid => lines.Contains($"reset {uuid}")), "a reset that nobody wrote");
    });

    private T Load<T>(byte[] input, Func<T> load)
    {
        System.IO.File.WriteAllBytes(File, input);
        return load();
    }

    private T? LoadOrNone<T>(byte[] input, Func<T?> load)
        where T : class => Load(input, load);

    private HealthTracker NewTracker(HealthMemory memory)
    {
        var tracker = new HealthTracker(_time, NullLogger.Instance);
        tracker.Configure(HealthPolicy.Default);
        tracker.Restore(memory);
        return tracker;
    }

    private static string KeyOf(RememberedCause cause) => $"{cause.Gpu} {cause.Fault} {cause.Xid} {cause.Instance} {cause.What}";

    private static string Show(MpsRecord record) =>
        $"{record.Block} {record.Process} {record.PipeDirectory} {record.LogDirectory} {string.Join(',', record.Gpus)}";
}
