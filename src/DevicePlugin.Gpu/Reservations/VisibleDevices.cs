using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary><c>envvar</c>: the variable of NVIDIA's container toolkit lists the UUIDs.</summary>
public sealed class VisibleDevices : IReservationStrategy
{
    internal const string Variable = "NVIDIA_VISIBLE_DEVICES";

    public void Contribute(ReservationRequest request, ReservationDraft draft) =>
        draft.SetVariable(Variable, UuidsOf(request.Gpus));

    internal static string UuidsOf(ImmutableArray<GpuDevice> gpus) => string.Join(',', gpus.Select(gpu => gpu.Uuid));
}
