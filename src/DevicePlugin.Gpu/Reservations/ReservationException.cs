namespace DevicePlugin.Gpu.Reservations;

/// <summary>A reservation that cannot be made; the message names every id at fault.</summary>
public sealed class ReservationException(string message) : Exception(message)
{
    /// <summary>Something of the node stands in the way that the inventory may not know yet.</summary>
    public bool IsObstacle { get; init; }
}
