using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>cdi-mounts</c>: as <see cref="VolumeMounts"/>, with names of the plugin's spec: kind and name are folders below
/// <c>cdi</c> (nvidia-container-toolkit, internal/config/image/cuda_image.go).
/// </summary>
public sealed class CdiMounts : IReservationStrategy
{
    private const string Folder = $"{VolumeMounts.Folder}/cdi";

    public string? FindObstacle(InventoryDevice device, NodeFiles files) => CdiNames.FindNameObstacle(device, files);

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        VolumeMounts.AskForRuntime(draft);
        foreach (var gpu in request.Gpus)
        {
            VolumeMounts.AddMount(draft, $"{Folder}/{CdiNames.KindIn(request.Files)}/{gpu.Uuid}");
        }
    }
}
