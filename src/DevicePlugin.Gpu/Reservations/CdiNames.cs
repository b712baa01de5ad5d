using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>cdi</c>: the devices' names in the plugin's CDI spec, for a job that passes them to its runtime.
/// </summary>
public sealed class CdiNames : IReservationStrategy
{
    /// <summary>Vendor and class of the devices in the spec.</summary>
    public const string Kind = "nvidia.com/gpu";

    /// <summary>That of a spec beside another program's of <see cref="Kind"/>.</summary>
    public const string OwnKind = "nomad-device-gpu/gpu";

    public string? FindObstacle(InventoryDevice device, NodeFiles files) => FindNameObstacle(device, files);

    /// <summary>Why a runtime would not find the device by its name; null if it would.</summary>
    // A name in a spec has no slash (container-device-interface SPEC.md), as MIG UUIDs had before driver 470.
    public static string? FindNameObstacle(InventoryDevice device, NodeFiles files) =>
        !DeviceUuid.IsPathComponent(device.Gpu.Uuid)
            ? $"the UUID \"{device.Gpu.Uuid}\" cannot be a CDI name; use the strategy envvar"
            : FindSpecObstacle(device.Gpu, files) ?? files.Cdi?.FindObstacle(device.Gpu.Uuid);

    /// <summary>Why the device has no place in a spec; null when it has.</summary>
    public static string? FindSpecObstacle(GpuDevice gpu, NodeFiles files) =>
        files.Find(gpu.Uuid)?.Problem ?? files.Driver?.Problem;

    /// <summary>Vendor and class of the devices in the spec as it is now.</summary>
    public static string KindIn(NodeFiles files) => files.Cdi?.Kind ?? Kind;

    /// <summary>The full names, comma-separated.</summary>
    public static string NamesOf(ImmutableArray<GpuDevice> gpus, NodeFiles files) =>
        string.Join(',', gpus.Select(gpu => $"{KindIn(files)}={gpu.Uuid}"));

    public void Contribute(ReservationRequest request, ReservationDraft draft) =>
        draft.SetVariable("NVIDIA_CDI_DEVICES", NamesOf(request.Gpus, request.Files));
}
