using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>driver_capabilities</c> for NVIDIA's container toolkit. The variable is set only if the key is, because it overrides the
/// job's and the image's own.
/// </summary>
/// <param name="capabilities">One word each, in the order of the configuration.</param>
public sealed class CapabilityVariable(ImmutableArray<DriverCapabilities> capabilities) : IReservationStrategy
{
    public string? FindObstacle(InventoryDevice device, NodeFiles files) => null;

    public void Contribute(ReservationRequest request, ReservationDraft draft) =>
        draft.SetVariable("NVIDIA_DRIVER_CAPABILITIES", string.Join(',', capabilities.Select(DriverCapabilityWords.Of)));
}
