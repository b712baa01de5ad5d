using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Nomad.Reservations;

/// <summary>The block <c>reserve</c> as the domain acts on it.</summary>
public static class ReservationPolicies
{
    public static ReservationPolicy Of(ReserveConfig config)
    {
        var strategies = ImmutableArray.CreateBuilder<IReservationStrategy>();
        if (config.Strategies.Contains(ReservationStrategy.EnvironmentVariable))
        {
            strategies.Add(new VisibleDevices());
        }

        if (config.CudaVisibleDevices)
        {
            strategies.Add(new CudaVisibleDevices());
        }

        return new ReservationPolicy { Strategies = strategies.ToImmutable(), AllowUnhealthy = config.AllowUnhealthy };
    }
}
