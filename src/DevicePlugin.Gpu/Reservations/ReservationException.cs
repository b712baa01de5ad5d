namespace DevicePlugin.Gpu.Reservations;

/// <summary>A reservation that cannot be made; the message names every id at fault.</summary>
public sealed class ReservationException(string message) : Exception(message);
