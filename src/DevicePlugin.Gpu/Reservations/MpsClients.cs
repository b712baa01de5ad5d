using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// Leads the tasks of replicas that are shared by MPS to the daemon of their sharing block. The log folder is not mounted:
/// clients do not write there, and its files name the other tasks.
/// </summary>
public sealed class MpsClients(ImmutableArray<MpsFolders> folders) : IReservationStrategy
{
    private const string PipeDirectory = "CUDA_MPS_PIPE_DIRECTORY";
    private const string LogDirectory = "CUDA_MPS_LOG_DIRECTORY";

    // Clients, servers and the daemon share memory there.
    private const string SharedMemory = "/dev/shm";

    // A mount of a folder that is not there fails the task, or makes an empty folder in which no daemon listens.
    public string? FindObstacle(InventoryDevice device, NodeFiles files) =>
        BlockOf(device.Share) is { } block && Find(block) is { } found && files.MissingFolders.Contains(found.PipeDirectory)
            ? $"the MPS pipe directory \"{found.PipeDirectory}\" does not exist; the MPS control daemon creates it"
            : null;

    /// <inheritdoc/>
    /// <exception cref="ReservationException">
    /// The devices belong to several daemons, or some to none: a process has one, and sees its GPUs only.
    /// </exception>
    public void Contribute(ReservationRequest request, ReservationDraft draft)
    {
        var first = request.Devices[0];
        foreach (var device in request.Devices)
        {
            if (BlockOf(device.Share) != BlockOf(first.Share))
            {
                throw new ReservationException(
                    $"{Describe(first.Id, first.Share)}, and {Describe(device.Id, device.Share)}: a task can have one " +
                    "MPS control daemon and the GPUs of its sharing block only; set count = 1 or make it one block");
            }
        }

        if (BlockOf(first.Share) is { } block && Find(block) is { } found)
        {
            draft.SetVariable(PipeDirectory, found.PipeDirectory);
            draft.SetVariable(LogDirectory, found.LogDirectory);
            draft.AddMount(new ReservedMount(found.PipeDirectory, found.PipeDirectory, IsReadOnly: false));
            draft.AddMount(new ReservedMount(SharedMemory, SharedMemory, IsReadOnly: false));
        }
    }

    private static int? BlockOf(DeviceShare? share) => share is { Strategy: SharingStrategy.Mps } ? share.Rule : null;

    private static string Describe(string id, DeviceShare? share) => BlockOf(share) is { } block
        ? $"{id} is shared by MPS in sharing[{block}]"
        : $"{id} is not shared by MPS";

    private MpsFolders? Find(int block)
    {
        foreach (var entry in folders)
        {
            if (entry.Rule == block)
            {
                return entry;
            }
        }

        return null;
    }
}
