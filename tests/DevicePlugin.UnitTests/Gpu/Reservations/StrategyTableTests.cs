using System.Collections.Immutable;
using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Reservations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Reservations;

/// <summary>
/// Every combination of strategies and flags: what the configuration accepts, and what a task is then given.
/// </summary>
internal sealed class StrategyTableTests
{
    private static readonly string[] Words = ["envvar", "volume-mounts", "device-nodes", "cdi", "cdi-mounts", "cdi-envvar"];

    // NVIDIA's container toolkit acts on one of these at most.
    private static readonly string[] ForToolkit = ["envvar", "volume-mounts", "cdi-mounts", "cdi-envvar"];

    private static readonly GpuDevice Whole = TestGpus.Gpu(1);
    private static readonly GpuDevice Mig = TestGpus.Instance(TestGpus.Gpu(0), 9) with
    {
        Uuid = "MIG-11111111-2222-3333-4444-555555555555",
    };

    private static readonly NodeFiles Files = new()
    {
        DevRoot = "/d",
        SharedNodes = ["nvidiactl", "nvidia-uvm", "nvidia-fs0"],
        Devices =
        [
            new DeviceFiles(Whole.Uuid, ["nvidia1"]),
            new DeviceFiles(Mig.Uuid, ["nvidia0", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap31"]),
        ],
        Driver = new DriverFiles([new("/lib/libcuda.so.580", "/usr/local/nvidia/lib64/libcuda.so.1", IsReadOnly: true)]),
        ExtraMounts = [new("/etc/cufile.json", "/etc/cufile.json", IsReadOnly: true)],
    };

    public static IEnumerable<object[]> Combinations =>
        from set in Enumerable.Range(0, 1 << Words.Length)
        from flags in Enumerable.Range(0, 8)
        select new object[]
        {
            Words.Where((_, bit) => (set & (1 << bit)) != 0).ToArray(), (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0,
        };

    [TestCaseSource(nameof(Combinations))]
    public void Combination_OfStrategiesAndFlags_IsRefusedOrGivesWhatTheTableSays(
        string[] strategies, bool cudaVisibleDevices, bool driverLibraries, bool extraNodes)
    {
        var nodes = strategies.Contains("device-nodes");
        var hasNodes = nodes || strategies.Any(word => word.StartsWith("cdi", StringComparison.Ordinal));
        var isRefused = strategies.Intersect(ForToolkit).Count() > 1
            || (strategies.Contains("envvar") && strategies.Contains("cdi"))
            || (driverLibraries && !nodes) || (extraNodes && !hasNodes)
            || (strategies.Length == 0 && !cudaVisibleDevices);
        var words = string.Join(',', strategies.Select(word => $"\"{word}\""));
        var nodeWords = extraNodes ? "\"gds\"" : "";
        var json = $$$"""
            {"reserve":{"strategies":[{{{words}}}],"cuda_visible_devices":{{{Word(cudaVisibleDevices)}}},
             "driver_libraries":{{{Word(driverLibraries)}}},"extra_nodes":[{{{nodeWords}}}]}}
            """;

        if (isRefused)
        {
            Assert.That(() => Read(json), Throws.TypeOf<PluginConfigException>());
            return;
        }

        var parsed = Read(json);
        var reservation = Reserve(ReservationPolicies.Of(parsed.Config.Reserve, _ => Files));

        Assert.Multiple(() =>
        {
            Assert.That(
                parsed.Warnings.Count(warning => warning.Contains("CUDA_VISIBLE_DEVICES", StringComparison.Ordinal)),
                Is.EqualTo(cudaVisibleDevices && strategies.Intersect(["volume-mounts", "cdi-mounts", "device-nodes"]).Any() ? 1 : 0));
            Assert.That(
                reservation.Environment, Is.EquivalentTo(ExpectedEnvironment(strategies, cudaVisibleDevices)));
            Assert.That(reservation.Mounts, Is.EqualTo(ExpectedMounts(strategies, driverLibraries)));
            Assert.That(
                reservation.DeviceNodes.Select(node => (node.HostPath, node.TaskPath, node.Permissions)),
                Is.EqualTo(nodes
                    ? new[]
                        {
                            "nvidiactl", "nvidia-uvm", "nvidia-fs0", "nvidia0", "nvidia-caps/nvidia-cap30",
                            "nvidia-caps/nvidia-cap31", "nvidia1",
                        }
                        .Select(name => ($"/d/{name}", $"/dev/{name}", "rw"))
                    : []));
        });
    }

    // A variable of the device takes the place of the job's, so without the key the job's own counts.
    [TestCase("envvar")]
    [TestCase("volume-mounts")]
    [TestCase("device-nodes")]
    [TestCase("cdi")]
    [TestCase("cdi-mounts")]
    [TestCase("cdi-envvar")]
    public void DriverCapabilities_AreToldToTheToolkitOnlyIfTheKeyIsSet(string strategy)
    {
        Reservation With(string capabilities) => Reserve(ReservationPolicies.Of(
            Read($$$"""{"reserve":{"strategies":["{{{strategy}}}"],"driver_capabilities":[{{{capabilities}}}]}}""").Config.Reserve,
            _ => Files));

        Assert.That(
            With("\"utility\",\"video\",\"compute\"").Environment["NVIDIA_DRIVER_CAPABILITIES"], Is.EqualTo("utility,video,compute"));
        Assert.That(With("\"all\"").Environment["NVIDIA_DRIVER_CAPABILITIES"], Is.EqualTo("all"));
        Assert.That(With("").Environment, Does.Not.ContainKey("NVIDIA_DRIVER_CAPABILITIES"));
    }

    [Test]
    public void Files_WhereNoStrategyHandsThemOut_AreNotReadAtAll()
    {
        var policy = ReservationPolicies.Of(
            Read("""{"reserve":{"strategies":["volume-mounts"]}}""").Config.Reserve, _ => Files);

        Assert.That(policy.ReadFiles, Is.Null);
    }

    [TestCase("device-nodes")]
    [TestCase("cdi")]
    [TestCase("cdi-mounts")]
    [TestCase("cdi-envvar")]
    public void Files_WhereAStrategyHandsThemOut_AreReadForEachReservation(string strategy) => Assert.That(
        ReservationPolicies.Of(Read($$$"""{"reserve":{"strategies":["{{{strategy}}}"]}}""").Config.Reserve, _ => Files).ReadFiles,
        Is.Not.Null);

    private static Dictionary<string, string> ExpectedEnvironment(string[] strategies, bool cuda)
    {
        var uuids = $"{Mig.Uuid},{Whole.Uuid}";
        var names = $"nvidia.com/gpu={Mig.Uuid},nvidia.com/gpu={Whole.Uuid}";
        var expected = new Dictionary<string, string>();
        foreach (var strategy in strategies)
        {
            switch (strategy)
            {
                case "envvar":
                    expected["NVIDIA_VISIBLE_DEVICES"] = uuids;
                    break;
                case "volume-mounts" or "cdi-mounts":
                    expected["NVIDIA_VISIBLE_DEVICES"] = "/var/run/nvidia-container-devices";
                    break;
                case "cdi-envvar":
                    expected["NVIDIA_VISIBLE_DEVICES"] = names;
                    break;
                case "cdi":
                    expected["NVIDIA_CDI_DEVICES"] = names;
                    break;
            }
        }

        if (cuda)
        {
            expected["CUDA_VISIBLE_DEVICES"] = uuids;
        }

        return expected;
    }

    private static List<ReservedMount> ExpectedMounts(string[] strategies, bool driverLibraries)
    {
        var expected = new List<ReservedMount>();
        foreach (var strategy in strategies)
        {
            expected.AddRange(strategy switch
            {
                "volume-mounts" => new[] { Mig, Whole }.Select(gpu => new ReservedMount(
                    "/dev/null", $"/var/run/nvidia-container-devices/{gpu.Uuid}", IsReadOnly: true)),
                "cdi-mounts" => new[] { Mig, Whole }.Select(gpu => new ReservedMount(
                    "/dev/null", $"/var/run/nvidia-container-devices/cdi/nvidia.com/gpu/{gpu.Uuid}", IsReadOnly: true)),
                "device-nodes" => Files.ExtraMounts,
                _ => [],
            });
        }

        return driverLibraries ? [.. expected, .. Files.Driver!.Mounts] : expected;
    }

    // Two replicas of the instance and a whole GPU, so that what is distinct shows.
    private static Reservation Reserve(ReservationPolicy policy)
    {
        var inventory = new Inventory(
            new DriverStatus(DriverState.Loaded),
            [
                new($"{Mig.Uuid}::0", Mig, DeviceHealth.Healthy), new($"{Mig.Uuid}::1", Mig, DeviceHealth.Healthy),
                new(Whole.Uuid, Whole, DeviceHealth.Healthy),
            ],
            isSimulated: false);
        var request = ReservationPlanner.Check(
            inventory, [$"{Mig.Uuid}::1", Whole.Uuid, $"{Mig.Uuid}::0"], policy);
        return ReservationPlanner.Plan(
            policy.ReadFiles is { } read ? request with { Files = read(request) } : request, policy);
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static ParsedConfig Read(string json) => PluginConfigReader.FromJson(Encoding.UTF8.GetBytes(json));
}
