namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>driver_libraries</c>: the driver's libraries and tools, where the images of NVIDIA look for them. No
/// <c>LD_LIBRARY_PATH</c> is set: it would take the place of the image's own.
/// </summary>
public sealed class DriverLibraries : IReservationStrategy
{
    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        if (request.Files.Driver is not { } driver)
        {
            return;
        }

        if (driver.Problem is { } problem)
        {
            throw new ReservationException(problem);
        }

        foreach (var mount in driver.Mounts)
        {
            draft.AddMount(mount);
        }
    }
}
