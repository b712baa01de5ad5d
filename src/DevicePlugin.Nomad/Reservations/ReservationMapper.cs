using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Nomad.Protocol;

namespace DevicePlugin.Nomad.Reservations;

/// <summary>A reservation as Nomad's client reads it.</summary>
internal static class ReservationMapper
{
    /// <summary>
    /// Never without <c>container_res</c>, which the client dereferences unchecked (plugins/device/util.go).
    /// </summary>
    public static ReserveResponse ToMessage(Reservation reservation)
    {
        var container = new ContainerReservation { Envs = { reservation.Environment } };
        foreach (var mount in reservation.Mounts)
        {
            container.Mounts.Add(new Mount
            {
                TaskPath = mount.TaskPath,
                HostPath = mount.HostPath,
                ReadOnly = mount.IsReadOnly,
            });
        }

        foreach (var node in reservation.DeviceNodes)
        {
            container.Devices.Add(new DeviceSpec
            {
                TaskPath = node.TaskPath,
                HostPath = node.HostPath,
                Permissions = node.Permissions,
            });
        }

        return new ReserveResponse { ContainerRes = container };
    }
}
