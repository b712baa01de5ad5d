using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>What a word for a cause means.</summary>
/// <param name="Word">One of <see cref="CauseWord"/>.</param>
/// <param name="Source">Where it comes from, a phrase.</param>
/// <param name="IsWithheld">Whether tasks are kept off the device by default.</param>
/// <param name="End">What ends it, a phrase; null where the recovery rule of a fault says so.</param>
internal sealed record CauseEntry(string Word, string Source, bool IsWithheld, string? End)
{
    public RecoveryRule? Recovery { get; init; }
}

/// <summary>Every word for a cause.</summary>
internal static class CauseTable
{
    public static readonly ImmutableArray<CauseEntry> All =
    [
        .. FaultTable.All.Select(fault => new CauseEntry(fault.Word, fault.Source, IsWithheld: true, End: null)
        {
            Recovery = fault.Recovery,
        }),
        new(CauseWord.Xid, "an XID of NVIDIA's catalog, from the driver's events and the kernel log", true,
            "depends on the XID, see its row below"),
        new(CauseWord.UnknownXid,
            "an XID that the catalog does not have or gives no resolution for, while the driver asks for a recovery", true,
            "the driver asks for no recovery, no link is down, and a probe passed"),
        new(CauseWord.Held, "any of these that is over and came back twice within 10 min", true,
            "10 to 60 min after it last occurred, see \"The way back\""),
        new(CauseWord.Gone, "the driver no longer lists the GPU, or was unloaded", true,
            "the GPU is listed again; it is removed from the node after 10 min"),
        new(CauseWord.CannotBeHandedOut,
            "the GPU's identity is contradictory, or a device node, file or CDI spec that a task needs is missing", true,
            "it is there again"),
        new(CauseWord.Cordoned, "`nomad-device-gpu cordon`", true, "`nomad-device-gpu uncordon`"),
        new(CauseWord.CordonsUnreadable, "`cordons.json` cannot be read", true, "the file is corrected or deleted"),
        new(CauseWord.Maintenance, "`maintenance_file` exists", true, "the file is removed"),
        new(CauseWord.Unmonitored, "the driver's events do not arrive", false, "they arrive again"),
    ];
}
