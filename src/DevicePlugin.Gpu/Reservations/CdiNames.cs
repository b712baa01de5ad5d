using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary><c>cdi</c>: the devices' names in the spec file that the plugin keeps.</summary>
public sealed class CdiNames : IReservationStrategy
{
    /// <summary>Vendor and class of the devices in the spec.</summary>
    public const string Kind = "nvidia.com/gpu";

    /// <summary>That of a spec beside another program's of <see cref="Kind"/>.</summary>
    public const string OwnKind = "nomad-device-gpu/gpu";

    // A name in a spec has no slash (container-device-interface SPEC.md), as MIG UUIDs had before driver 470.
    public string? FindObstacle(InventoryDevice device, NodeFiles files) =>
        !DeviceUuid.IsPathComponent(device.Gpu.Uuid)
            ? $"the UUID \"{device.Gpu.Uuid}\" cannot be a CDI name; use the strategy envvar"
            : FindSpecObstacle(device.Gpu, files) ?? files.Cdi?.FindObstacle(device.Gpu.Uuid);

    /// <summary>Why the device has no place in a spec; null when it has.</summary>
    public static string? FindSpecObstacle(GpuDevice gpu, NodeFiles files) =>
        files.Find(gpu.Uuid)?.Problem ?? files.Driver?.Problem;

    public void Contribute(ReservationRequest request, ReservationDraft draft) => draft.SetVariable(
        "NVIDIA_CDI_DEVICES",
        string.Join(',', request.Gpus.Select(gpu => $"{request.Files.Cdi?.Kind ?? Kind}={gpu.Uuid}")));
}
