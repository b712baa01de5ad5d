namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// <c>device-nodes</c>: the nodes themselves, for hosts without NVIDIA's container toolkit and drivers without containers.
/// Only those that exist are given: exec cannot start a task with a node that does not.
/// </summary>
public sealed class DeviceNodes : IReservationStrategy
{
    private const string TaskFolder = "/dev/";
    private const string ReadAndWrite = "rw";

    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        foreach (var name in request.Files.SharedNodes)
        {
            Add(request.Files, name, draft);
        }

        foreach (var gpu in request.Gpus)
        {
            AddDevice(request, gpu, draft);
        }

        foreach (var mount in request.Files.ExtraMounts)
        {
            draft.AddMount(mount);
        }
    }

    private static void AddDevice(ReservationRequest request, GpuDevice gpu, ReservationDraft draft)
    {
        var files = request.Files.Find(gpu.Uuid);

        // A task without the node would run, and fail, without its GPU. A made-up GPU has no node to begin with.
        if (files?.Problem is { } problem && !request.IsSimulated)
        {
            throw new ReservationException($"{gpu.Uuid} cannot be handed to a task: {problem}");
        }

        foreach (var name in files?.Nodes ?? [])
        {
            Add(request.Files, name, draft);
        }
    }

    private static void Add(NodeFiles files, string name, ReservationDraft draft) =>
        draft.AddNode(new ReservedNode(files.HostPathOf(name), TaskFolder + name, ReadAndWrite));
}
