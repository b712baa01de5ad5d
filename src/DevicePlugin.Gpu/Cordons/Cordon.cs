using System.Collections.Immutable;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Cordons;

/// <summary>That an operator took a GPU out of service until they put it back.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Reason">One line, as the operator gave it.</param>
/// <param name="By">Who.</param>
/// <param name="Since">When.</param>
public sealed record Cordon(string Gpu, string Reason, string By, DateTimeOffset Since)
{
    /// <summary>Of its board, where no other GPU of the node has the same: it follows the board. Null otherwise.</summary>
    public string? BoardSerial { get; init; }

    /// <summary>As Nomad is told it.</summary>
    public string Text => $"cordoned by {By} since {UtcText.Of(Since)}: {Reason}";

    public bool Concerns(GpuDevice device) =>
        string.Equals(Gpu, device.PhysicalUuid, StringComparison.OrdinalIgnoreCase)
        || (BoardSerial is not null && BoardSerial == device.Facts.BoardSerial);
}

/// <summary>All cordons of a node.</summary>
public sealed record CordonRecord(ImmutableArray<Cordon> Cordons)
{
    public static readonly CordonRecord Empty = new([]);

    /// <summary>True if the file does not exist, for example because nothing was ever cordoned.</summary>
    public bool IsMissing { get; init; }

    /// <summary>Why the record cannot be read, so that any GPU may be cordoned; null when it can.</summary>
    public string? Problem { get; init; }

    public Cordon? Find(GpuDevice device) => Cordons.FirstOrDefault(cordon => cordon.Concerns(device));

    /// <summary>Cordons a device, in place of whatever cordoned it before.</summary>
    public CordonRecord With(GpuDevice device, Cordon cordon) =>
        this with { Cordons = [.. Without(device).Cordons, cordon], IsMissing = false };

    /// <summary>Of a board that changed its UUID there may be more than one.</summary>
    public CordonRecord Without(GpuDevice device) => this with
    {
        Cordons = Cordons.RemoveAll(cordon => cordon.Concerns(device)),
        IsMissing = false,
    };
}

/// <summary>Where cordons are kept over restarts and reboots.</summary>
/// <param name="Load">Does not throw: a record that cannot be read says so.</param>
/// <param name="Save">Null when it is kept, else why not. Does not throw.</param>
public sealed record CordonStore(Func<CordonRecord> Load, Func<CordonRecord, string?> Save)
{
    public static readonly CordonStore None = new(() => CordonRecord.Empty, _ => null);
}
