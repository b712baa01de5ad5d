namespace DevicePlugin.Gpu.Reservations;

/// <summary>One way in which a task gets its devices. Several may add to one reservation.</summary>
public interface IReservationStrategy
{
    /// <summary>Adds what the requested devices need this way. Pure: no file, no hardware, no waiting.</summary>
    /// <exception cref="ReservationException">The devices cannot be had this way.</exception>
    void Contribute(ReservationRequest request, ReservationDraft draft);
}
