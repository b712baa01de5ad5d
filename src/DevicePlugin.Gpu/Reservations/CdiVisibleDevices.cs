using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>cdi-envvar</c>: the variable of NVIDIA's container toolkit lists names of the plugin's spec. For such a container, the
/// toolkit's runtime uses mode cdi (internal/info/auto.go) and applies the spec.
/// </summary>
public sealed class CdiVisibleDevices : IReservationStrategy
{
    public string? FindObstacle(InventoryDevice device, NodeFiles files) => CdiNames.FindNameObstacle(device, files);

    public void Contribute(ReservationRequest request, ReservationDraft draft) =>
        draft.SetVariable(VisibleDevices.Variable, CdiNames.NamesOf(request.Gpus, request.Files));
}
