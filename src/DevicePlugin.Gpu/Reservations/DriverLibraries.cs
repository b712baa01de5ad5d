using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>driver_libraries</c>: the driver's libraries and tools, where the images of NVIDIA look for them. No
/// <c>LD_LIBRARY_PATH</c> is set: it would take the place of the image's own.
/// </summary>
public sealed class DriverLibraries : IReservationStrategy
{
    public string? FindObstacle(InventoryDevice device, NodeFiles files) => files.Driver?.Problem;

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        foreach (var mount in request.Files.Driver?.Mounts ?? [])
        {
            draft.AddMount(mount);
        }
    }
}
