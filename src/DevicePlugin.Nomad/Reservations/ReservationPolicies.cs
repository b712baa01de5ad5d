using System.Collections.Immutable;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Nomad.Reservations;

/// <summary>The block <c>reserve</c> as the domain acts on it.</summary>
public static class ReservationPolicies
{
    /// <param name="readFiles">Takes the snapshot of the node's files; asked only by strategies that hand out some.</param>
    public static ReservationPolicy Of(ReserveConfig config, Func<ReservationRequest, NodeFiles> readFiles)
    {
        var strategies = ImmutableArray.CreateBuilder<IReservationStrategy>();
        foreach (var strategy in config.Strategies)
        {
            strategies.Add(strategy switch
            {
                ReservationStrategy.EnvironmentVariable => new VisibleDevices(),
                ReservationStrategy.VolumeMounts => new VolumeMounts(),
                ReservationStrategy.DeviceNodes => new DeviceNodes(),
                ReservationStrategy.Cdi => new CdiNames(),
                ReservationStrategy.CdiMounts => new CdiMounts(),
                ReservationStrategy.CdiEnvironmentVariable => new CdiVisibleDevices(),
                _ => throw new ArgumentOutOfRangeException(nameof(config), strategy, "is no strategy"),
            });
        }

        if (config.CudaVisibleDevices)
        {
            strategies.Add(new CudaVisibleDevices());
        }

        if (config.DriverLibraries)
        {
            strategies.Add(new DriverLibraries());
        }

        if (config.DriverCapabilities.Count > 0)
        {
            strategies.Add(new CapabilityVariable([.. config.DriverCapabilities]));
        }

        return new ReservationPolicy
        {
            Strategies = strategies.ToImmutable(),
            AllowUnhealthy = config.AllowUnhealthy,
            ReadFiles = config.HandsOutNodes ? readFiles : null,
        };
    }
}
