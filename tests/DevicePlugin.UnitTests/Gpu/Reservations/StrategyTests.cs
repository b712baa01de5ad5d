using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Reservations;

/// <summary>
/// What each strategy makes of unusual devices and files; the combinations are in <see cref="StrategyTableTests"/>.
/// </summary>
internal sealed class StrategyTests
{
    private const string OldMigUuid = "MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/13/0";

    private static readonly IReservationStrategy[] CdiStrategies = [new CdiNames(), new CdiMounts(), new CdiVisibleDevices()];

    [Test]
    public void VolumeMounts_UuidThatIsNoPath_IsRefusedAndNothingIsMounted() => Assert.That(
        () => Plan(Gpu("GPU-../../../etc"), NodeFiles.None, new VolumeMounts()),
        Throws.TypeOf<ReservationException>().With.Message.Contains("\"GPU-../../../etc\""));

    [Test]
    public void VolumeMounts_UuidOfAnOldDriver_MakesTheFoldersThatTheToolkitReads() => Assert.That(
        Plan(Gpu(OldMigUuid), NodeFiles.None, new VolumeMounts()).Mounts.Single().TaskPath,
        Is.EqualTo($"/var/run/nvidia-container-devices/{OldMigUuid}"));

    [Test]
    public void DeviceNodes_DeviceWithoutItsNode_IsRefusedWithTheReason()
    {
        var files = new NodeFiles { Devices = [new DeviceFiles("GPU-1", []) { Problem = "there is none" }] };

        Assert.That(
            () => Plan(Gpu("GPU-1"), files, new DeviceNodes()),
            Throws.TypeOf<ReservationException>().With.Message.EqualTo("GPU-1 cannot be handed to a task: there is none"));
    }

    [Test]
    public void DeviceNodes_SimulatedDeviceWithoutANode_GetsWhatThereIs()
    {
        var files = new NodeFiles
        {
            SharedNodes = ["nvidiactl"],
            Devices = [new DeviceFiles("GPU-1", []) { Problem = "there is none" }],
        };

        Assert.That(
            Plan(Gpu("GPU-1"), files, isSimulated: true, new DeviceNodes()).DeviceNodes.Select(node => node.TaskPath),
            Is.EqualTo(["/dev/nvidiactl"]));
    }

    [Test]
    public void Cdi_NameThatStandsInNoSpec_IsRefusedWithTheReason()
    {
        var files = new NodeFiles { Cdi = new CdiState(["GPU-2"]) { Problem = "the disk is full" } };

        Assert.That(
            () => Plan(Gpu("GPU-1"), files, new CdiNames()),
            Throws.TypeOf<ReservationException>().With.Message.Contains("the disk is full"));
        Assert.That(Plan(Gpu("GPU-2"), files, new CdiNames()).Environment, Is.Not.Empty);
        Assert.That(Plan(Gpu("GPU-1"), files, isSimulated: true, new CdiNames()).Environment, Is.Not.Empty);
    }

    [TestCaseSource(nameof(CdiStrategies))]
    public void Cdi_OfEveryForm_IsRefusedWhileTheNameDoesNotResolve(IReservationStrategy strategy)
    {
        var absent = new NodeFiles { Cdi = new CdiState([]) { Problem = "there is no CDI spec during maintenance" } };
        var taken = new NodeFiles
        {
            Cdi = new CdiState(["GPU-1"])
            {
                Rivals = ImmutableDictionary<string, string>.Empty.Add("GPU-1", "/etc/cdi/other.yaml"),
            },
        };

        Assert.That(
            () => Plan(Gpu("GPU-1"), absent, strategy),
            Throws.TypeOf<ReservationException>().With.Message.Contains("no CDI spec during maintenance"));
        Assert.That(
            () => Plan(Gpu("GPU-1"), taken, strategy), Throws.TypeOf<ReservationException>().With.Message.Contains("other.yaml"));
        Assert.That(
            () => Plan(Gpu(OldMigUuid), NodeFiles.None, strategy),
            Throws.TypeOf<ReservationException>().With.Message.Contains("cannot be a CDI name"));
    }

    [Test]
    public void Cdi_SpecOfOwnKind_IsNamedInEveryForm()
    {
        var files = new NodeFiles { Cdi = new CdiState(["GPU-1"]) { Kind = CdiNames.OwnKind } };

        var reservation = Plan(Gpu("GPU-1"), files, new CdiNames(), new CdiMounts());

        Assert.That(reservation.Environment["NVIDIA_CDI_DEVICES"], Is.EqualTo("nomad-device-gpu/gpu=GPU-1"));
        Assert.That(
            reservation.Mounts,
            Is.EqualTo([new ReservedMount(
                "/dev/null", "/var/run/nvidia-container-devices/cdi/nomad-device-gpu/gpu/GPU-1", IsReadOnly: true)]));
        Assert.That(
            Plan(Gpu("GPU-1"), files, new CdiVisibleDevices()).Environment["NVIDIA_VISIBLE_DEVICES"],
            Is.EqualTo("nomad-device-gpu/gpu=GPU-1"));
    }

    [Test]
    public void Plan_SeveralDevicesWithObstacles_NamesEachWithItsReason()
    {
        var files = new NodeFiles
        {
            Devices = [new DeviceFiles("GPU-1", []) { Problem = "no node" }, new DeviceFiles("GPU-2", [])],
        };
        GpuDevice[] gpus = [Gpu("GPU-1"), Gpu("GPU-2"), Gpu("GPU-x/")];

        Assert.That(
            () => Plan(gpus, files, isSimulated: false, new VisibleDevices(), new VolumeMounts(), new DeviceNodes()),
            Throws.TypeOf<ReservationException>().With.Message.EqualTo(
                "GPU-1 cannot be handed to a task: no node; "
                + "GPU-x/ cannot be handed to a task: the UUID \"GPU-x/\" cannot be part of a path; "
                + "use the strategy envvar"));
    }

    [Test]
    public void DeviceNodes_InstancesOfOneGpu_GiveTheParentsNodeOnce()
    {
        var parent = TestGpus.Gpu(3);
        var instances = new[] { TestGpus.Instance(parent, 1), TestGpus.Instance(parent, 2) };
        var files = new NodeFiles
        {
            DevRoot = "/driver/dev/",
            Devices =
            [
                new DeviceFiles(instances[0].Uuid, ["nvidia3", "nvidia-caps/nvidia-cap4"]),
                new DeviceFiles(instances[1].Uuid, ["nvidia3", "nvidia-caps/nvidia-cap7"]),
            ],
        };

        var nodes = Plan(instances, files, isSimulated: false, new DeviceNodes()).DeviceNodes;

        Assert.That(nodes, Is.EqualTo((ReservedNode[])
        [
            new("/driver/dev/nvidia3", "/dev/nvidia3", "rw"),
            new("/driver/dev/nvidia-caps/nvidia-cap4", "/dev/nvidia-caps/nvidia-cap4", "rw"),
            new("/driver/dev/nvidia-caps/nvidia-cap7", "/dev/nvidia-caps/nvidia-cap7", "rw"),
        ]));
    }

    [Test]
    public void DriverLibraries_WithoutADriver_IsRefusedWithTheReason()
    {
        var files = new NodeFiles { Driver = new DriverFiles([]) { Problem = "no driver" } };

        Assert.That(
            () => Plan(Gpu("GPU-1"), files, new DriverLibraries()),
            Throws.TypeOf<ReservationException>().With.Message.EqualTo("GPU-1 cannot be handed to a task: no driver"));
    }

    [Test]
    public void Draft_TwoMountsAtOnePath_KeepsTheFirst()
    {
        var draft = new ReservationDraft();
        draft.AddMount(new ReservedMount("/a", "/task", IsReadOnly: true));
        draft.AddMount(new ReservedMount("/b", "/task", IsReadOnly: false));
        draft.AddNode(new ReservedNode("/c", "/task", "rw"));

        var reservation = draft.Finish();

        Assert.That(reservation.Mounts, Is.EqualTo([new ReservedMount("/a", "/task", IsReadOnly: true)]));
        Assert.That(reservation.DeviceNodes, Is.Empty);
    }

    private static GpuDevice Gpu(string uuid) => TestGpus.Gpu(0) with { Uuid = uuid };

    private static Reservation Plan(GpuDevice gpu, NodeFiles files, params IReservationStrategy[] strategies) =>
        Plan([gpu], files, isSimulated: false, strategies);

    private static Reservation Plan(
        GpuDevice gpu, NodeFiles files, bool isSimulated, params IReservationStrategy[] strategies) =>
        Plan([gpu], files, isSimulated, strategies);

    private static Reservation Plan(
        GpuDevice[] gpus, NodeFiles files, bool isSimulated, params IReservationStrategy[] strategies)
    {
        var devices = gpus.Select(gpu => new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy)).ToImmutableArray();
        var request = new ReservationRequest(
            devices, [.. gpus], new DriverStatus(DriverState.Loaded), isSimulated)
        { Files = files };
        return ReservationPlanner.Plan(request, new ReservationPolicy { Strategies = [.. strategies] });
    }
}
