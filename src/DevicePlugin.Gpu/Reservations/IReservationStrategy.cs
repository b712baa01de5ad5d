using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>One way in which a task gets its devices. Several may add to one reservation.</summary>
public interface IReservationStrategy
{
    /// <summary>
    /// Why the device cannot be had this way; null when it can. Pure, as the device is offered, reserved and written into a
    /// spec by the same answer.
    /// </summary>
    string? FindObstacle(InventoryDevice device, NodeFiles files) => null;

    /// <summary>Adds what the requested devices need this way. Pure: no file, no hardware, no waiting.</summary>
    /// <exception cref="ReservationException">The devices, none of which has an obstacle, do not go together.</exception>
    void Contribute(ReservationRequest request, ReservationDraft draft);
}
