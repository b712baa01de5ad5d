using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>volume-mounts</c>: NVIDIA's container toolkit takes the names of mounts of <c>/dev/null</c> in one folder for the
/// devices. Mounts of several device blocks add up, and an image cannot set them for itself as it can a variable.
/// </summary>
public sealed class VolumeMounts : IReservationStrategy
{
    internal const string Folder = "/var/run/nvidia-container-devices";

    public string? FindObstacle(InventoryDevice device, NodeFiles files) => DeviceUuid.IsRelativePath(device.Gpu.Uuid)
        ? null
        : $"the UUID \"{device.Gpu.Uuid}\" cannot be part of a path; use the strategy envvar";

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        AskForRuntime(draft);
        foreach (var gpu in request.Gpus)
        {
            AddMount(draft, $"{Folder}/{gpu.Uuid}");
        }
    }

    /// <summary>
    /// Makes Nomad's docker driver choose NVIDIA's runtime. Every device block sets the same value, so the last one hides nothing.
    /// </summary>
    internal static void AskForRuntime(ReservationDraft draft) => draft.SetVariable(VisibleDevices.Variable, Folder);

    internal static void AddMount(ReservationDraft draft, string taskPath) =>
        draft.AddMount(new ReservedMount("/dev/null", taskPath, IsReadOnly: true));
}
