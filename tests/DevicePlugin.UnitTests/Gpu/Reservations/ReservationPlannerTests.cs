using CsCheck;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Reservations;

internal sealed class ReservationPlannerTests
{
    private static readonly Inventory Node = new(
        new DriverStatus(DriverState.Loaded),
        [
            Device(TestGpus.Gpu(0), "GPU-00000000"),
            Device(TestGpus.Gpu(1), "GPU-00000001"),
            Device(TestGpus.Gpu(2), "GPU-00000002::0"),
            Device(TestGpus.Gpu(2), "GPU-00000002::1"),
        ],
        isSimulated: false);

    [Test]
    public void Plan_NoIds_IsAnEmptyReservation() =>
        Assert.That(Plan(Node, [], new ReservationPolicy()).Environment, Is.Empty);

    [Test]
    public void Plan_SeveralIds_ListsTheirUuidsInTheOrderOfTheRequest() =>
        Assert.That(Plan("GPU-00000001", "GPU-00000000").Environment, Is.EqualTo(new Dictionary<string, string>
        {
            ["NVIDIA_VISIBLE_DEVICES"] = "GPU-00000001,GPU-00000000",
        }));

    [Test]
    public void Plan_ReplicasOfOneGpu_ListItsUuidOnce() =>
        Assert.That(
            Plan("GPU-00000002::1", "GPU-00000000", "GPU-00000002::0").Environment["NVIDIA_VISIBLE_DEVICES"],
            Is.EqualTo("GPU-00000002,GPU-00000000"));

    [Test]
    public void Plan_Unhealthy_IsRefusedWithTheReasonUnlessAllowed()
    {
        var health = new DeviceHealth(HealthState.Unhealthy, "XID 79: GPU has fallen off the bus");
        var node = new Inventory(
            new DriverStatus(DriverState.Loaded),
            [Device(TestGpus.Gpu(0), "GPU-00000000"), Device(TestGpus.Gpu(1), "GPU-00000001") with { Health = health }],
            isSimulated: false);

        Assert.That(
            () => Plan(node, ["GPU-00000000", "GPU-00000001"], new ReservationPolicy()),
            Throws.TypeOf<ReservationException>().With.Message.EqualTo(
                "unhealthy device IDs: GPU-00000001 (XID 79: GPU has fallen off the bus)"));
        Assert.That(
            Plan(node, ["GPU-00000001"], new ReservationPolicy { AllowUnhealthy = true })
                .Environment["NVIDIA_VISIBLE_DEVICES"],
            Is.EqualTo("GPU-00000001"));
    }

    [Test]
    public void Plan_Unmonitored_IsHandedOut()
    {
        var unmonitored = Device(TestGpus.Gpu(0), "GPU-00000000") with { Health = new DeviceHealth(HealthState.Unmonitored) };
        var node = new Inventory(new DriverStatus(DriverState.Loaded), [unmonitored], isSimulated: false);

        Assert.That(
            Plan(node, ["GPU-00000000"], new ReservationPolicy()).Environment, Is.Not.Empty);
    }

    [Test]
    public void Plan_CudaVisibleDevices_SetsBothVariables()
    {
        var policy = new ReservationPolicy { Strategies = [new VisibleDevices(), new CudaVisibleDevices()] };

        var plan = Plan(Node, ["GPU-00000000"], policy);

        Assert.That(plan.Environment["CUDA_VISIBLE_DEVICES"], Is.EqualTo("GPU-00000000"));
        Assert.That(plan.Environment["NVIDIA_VISIBLE_DEVICES"], Is.EqualTo("GPU-00000000"));
    }

    [Test]
    public void Plan_BadIds_OneErrorNamesThemAll()
    {
        var error = Assert.Throws<ReservationException>(
            () => Plan("GPU-x", "GPU-00000000", "", "GPU-00000000", "GPU-y", "GPU-00000000"));

        Assert.That(error.Message, Is.EqualTo(
            "unknown device IDs: GPU-x,GPU-y; repeated device IDs: GPU-00000000; empty device IDs: 1"));
    }

    [TestCase("unknown", " and 199984 more")]
    [TestCase("repeated", " and 99984 more")]
    [TestCase("long", "...")]
    public void Plan_MoreBadIdsThanAnyNodeHas_AnErrorOfBoundedLength(string kind, string end)
    {
        string[] ids = kind switch
        {
            "unknown" => [.. Enumerable.Range(0, 200_000).Select(i => $"GPU-{i}")],
            "repeated" => [.. Enumerable.Range(0, 200_000).Select(i => $"GPU-{i / 2}")],
            _ => [new string('x', 1_000_000)],
        };

        var error = Assert.Throws<ReservationException>(() => Plan(ids));

        Assert.That(error.Message, Has.Length.LessThan(8192).And.EndsWith(end));
    }

    [Test]
    public void Plan_SharedGpuByItsUuid_IsUnknown() =>
        Assert.That(() => Plan("GPU-00000002"), Throws.TypeOf<ReservationException>());

    [Test]
    public void Plan_NoDriver_SaysWhyNothingIsKnown()
    {
        var empty = new Inventory(new DriverStatus(DriverState.Disabled, "the configuration says so"), [], false);

        Assert.That(
            () => Plan(empty, ["GPU-1"], new ReservationPolicy()),
            Throws.TypeOf<ReservationException>().With.Message.EqualTo(
                "unknown device IDs: GPU-1 (no devices are offered: the configuration says so)"));
    }

    [Test]
    public void Plan_AnyRequest_EitherNamesEveryBadIdOrListsEachGpuOnce()
    {
        var known = Node.Devices.ToDictionary(device => device.Id, device => device.Gpu.Uuid);
        var id = Gen.OneOf([.. known.Keys.Concat(["", "GPU-x", "GPU-00000002::7"]).Select(Gen.Const)]);
        id.List[0, 6].Sample(ids =>
        {
            var bad = ids.Where(x => !known.ContainsKey(x) || ids.Count(y => y == x) > 1).Distinct().ToList();
            try
            {
                var visible = Plan(Node, ids, new ReservationPolicy()).Environment
                    .GetValueOrDefault("NVIDIA_VISIBLE_DEVICES", "");
                var expected = ids.Select(x => known[x]).Distinct();
                return bad.Count == 0 && visible == string.Join(',', expected);
            }
            catch (ReservationException exception)
            {
                return bad.Count > 0 && bad.All(x => exception.Message.Contains(x, StringComparison.Ordinal));
            }
        });
    }

    [TestCase(true, "MIG-0003-0001", "MIG-0003-0002")]
    [TestCase(true, "MIG-0003-0001", "GPU-00000000")]
    [TestCase(true, "GPU-00000000", "GPU-00000001", "MIG-0003-0001")]
    [TestCase(false, "MIG-0003-0001")]
    [TestCase(false, "MIG-0003-0003::0", "MIG-0003-0003::1")]
    [TestCase(false, "GPU-00000000", "GPU-00000001")]
    public void Plan_InstanceAndOthers_IsGivenWithAWarningThatNamesThem(bool isWarned, params string[] ids)
    {
        var parent = TestGpus.Gpu(3);
        var node = new Inventory(
            new DriverStatus(DriverState.Loaded),
            [
                .. Node.Devices, .. new[] { 1, 2 }.Select(n => TestGpus.Instance(parent, n)).Select(gpu => Device(gpu, gpu.Uuid)),
                Device(TestGpus.Instance(parent, 3), "MIG-0003-0003::0"), Device(TestGpus.Instance(parent, 3), "MIG-0003-0003::1"),
            ],
            isSimulated: false);

        var reservation = Plan(node, ids, new ReservationPolicy());

        Assert.That(reservation.Environment, Is.Not.Empty);
        Assert.That(
            reservation.Warning,
            isWarned
                ? Does.StartWith($"A task reserved {string.Join(", ", ids)}, and a CUDA process sees only one MIG instance")
                : Is.Null);
    }

    private static Reservation Plan(params string[] ids) => Plan(Node, ids, new ReservationPolicy());

    private static Reservation Plan(Inventory node, IReadOnlyList<string> ids, ReservationPolicy policy) =>
        ReservationPlanner.Plan(ReservationPlanner.Check(node, ids, policy), policy);

    private static InventoryDevice Device(GpuDevice gpu, string id) => new(id, gpu, DeviceHealth.Healthy);
}
