namespace DevicePlugin.Gpu.Reservations;

/// <summary><c>cdi</c>: the devices' names in the spec file that the plugin keeps.</summary>
public sealed class CdiNames : IReservationStrategy
{
    /// <summary>Vendor and class of the devices in the spec.</summary>
    public const string Kind = "nvidia.com/gpu";

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        foreach (var gpu in request.Gpus)
        {
            // A name in a spec has no slash (container-device-interface SPEC.md), as MIG UUIDs had before driver 470.
            if (!DeviceUuid.IsPathComponent(gpu.Uuid))
            {
                throw new ReservationException(
                    $"the UUID \"{gpu.Uuid}\" cannot be a CDI name; reserve it with the strategy envvar");
            }

            // The spec leads to nodes, and those to somebody else's GPU when they are not what the inventory says.
            if (request.Files.Find(gpu.Uuid)?.Problem is { } problem && !request.IsSimulated)
            {
                throw new ReservationException($"{gpu.Uuid} cannot be handed to a task: {problem}");
            }
        }

        draft.SetVariable(
            "NVIDIA_CDI_DEVICES", string.Join(',', request.Gpus.Select(gpu => $"{Kind}={gpu.Uuid}")));
    }
}
