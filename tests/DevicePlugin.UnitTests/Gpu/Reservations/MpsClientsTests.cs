using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Reservations;

internal sealed class MpsClientsTests
{
    private static readonly ReservationPolicy Policy = new()
    {
        Strategies =
        [
            new VisibleDevices(),
            new MpsClients([new MpsFolders(0, "/mps/0/pipe", "/mps/0/log"), new MpsFolders(2, "/mps/2/pipe", "/mps/2/log")]),
        ],
    };

    [Test]
    public void Plan_ReplicasOfOneBlock_LeadsToItsDaemon()
    {
        var reservation = Plan(Replica(0, 0, 1), Replica(1, 0, 0));

        Assert.Multiple(() =>
        {
            Assert.That(reservation.Environment, Is.EqualTo(new Dictionary<string, string>
            {
                ["CUDA_MPS_LOG_DIRECTORY"] = "/mps/0/log",
                ["CUDA_MPS_PIPE_DIRECTORY"] = "/mps/0/pipe",
                ["NVIDIA_VISIBLE_DEVICES"] = "GPU-00000000,GPU-00000001",
            }));
            Assert.That(reservation.Mounts, Is.EqualTo(new[]
            {
                new ReservedMount("/mps/0/pipe", "/mps/0/pipe", IsReadOnly: false),
                new ReservedMount("/dev/shm", "/dev/shm", IsReadOnly: false),
            }));
        });
    }

    [Test]
    public void Plan_DevicesWithoutMps_AddsNothing()
    {
        var timeSliced = Replica(1, 1, 0) with { Share = new DeviceShare(1, SharingStrategy.TimeSlicing, 2, 0) };

        var reservation = Plan(Exclusive(0), timeSliced);

        Assert.That(reservation.Environment.Keys, Is.EqualTo(new[] { "NVIDIA_VISIBLE_DEVICES" }));
        Assert.That(reservation.Mounts, Is.Empty);
    }

    [Test]
    public void Plan_ReplicasOfTwoBlocks_IsRefusedAndNamesBoth() => Assert.That(
        () => Plan(Replica(0, 0, 1), Replica(1, 2, 0)),
        Throws.TypeOf<ReservationException>().With.Message.StartsWith(
            "GPU-00000000::1 is shared by MPS in sharing[0], and GPU-00000001::0 is shared by MPS in sharing[2]: "));

    [Test]
    public void Plan_ReplicasAndAnExclusiveGpu_IsRefusedAndNamesBoth() => Assert.That(
        () => Plan(Exclusive(1), Replica(0, 0, 1)),
        Throws.TypeOf<ReservationException>().With.Message.StartsWith(
            "GPU-00000001 is not shared by MPS, and GPU-00000000::1 is shared by MPS in sharing[0]: "));

    private static Reservation Plan(params InventoryDevice[] devices)
    {
        var inventory = new Inventory(new DriverStatus(DriverState.Loaded), devices, isSimulated: false);
        var request = ReservationPlanner.Check(inventory, [.. devices.Select(device => device.Id)], Policy);
        return ReservationPlanner.Plan(request, Policy);
    }

    private static InventoryDevice Exclusive(int n) =>
        new(TestGpus.Gpu(n).Uuid, TestGpus.Gpu(n), DeviceHealth.Healthy);

    private static InventoryDevice Replica(int n, int block, int replica) => Exclusive(n) with
    {
        Id = $"{TestGpus.Gpu(n).Uuid}::{replica}",
        Share = new DeviceShare(block, SharingStrategy.Mps, 2, replica),
    };
}
