using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>device-nodes</c>: the nodes themselves, for hosts without NVIDIA's container toolkit and drivers without containers.
/// Only those that exist are given: exec cannot start a task with a node that does not.
/// </summary>
public sealed class DeviceNodes : IReservationStrategy
{
    private const string TaskFolder = "/dev/";
    private const string ReadAndWrite = "rw";

    // A task without the node would run, and fail, without its GPU.
    public string? FindObstacle(InventoryDevice device, NodeFiles files) => files.Find(device.Gpu.Uuid)?.Problem;

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        foreach (var name in request.Files.SharedNodes)
        {
            Add(request.Files, name, draft);
        }

        foreach (var gpu in request.Gpus)
        {
            foreach (var name in request.Files.Find(gpu.Uuid)?.Nodes ?? [])
            {
                Add(request.Files, name, draft);
            }
        }

        foreach (var mount in request.Files.ExtraMounts)
        {
            draft.AddMount(mount);
        }
    }

    private static void Add(NodeFiles files, string name, ReservationDraft draft) =>
        draft.AddNode(new ReservedNode(files.HostPathOf(name), TaskFolder + name, ReadAndWrite));
}
