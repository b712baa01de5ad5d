using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>How tasks get their devices.</summary>
public sealed record ReservationPolicy
{
    /// <summary>Each adds its part to every reservation, in this order.</summary>
    public ImmutableArray<IReservationStrategy> Strategies { get; init; } = [new VisibleDevices()];

    /// <summary>Hands out devices that turned unhealthy after Nomad placed the task.</summary>
    public bool AllowUnhealthy { get; init; }

    /// <summary>Takes the snapshot of the node's files for one request; null when no strategy needs them.</summary>
    public Func<ReservationRequest, NodeFiles>? ReadFiles { get; init; }
}
