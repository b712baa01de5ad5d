namespace DevicePlugin.Gpu.Health;

/// <summary>A cause of bad health that had not cleared when it was kept.</summary>
/// <param name="Gpu">UUID of the physical GPU.</param>
/// <param name="Fault">Null for an XID.</param>
/// <param name="Xid">Null for a fault.</param>
/// <param name="What">The cause and its evidence, as Nomad was told.</param>
/// <param name="Since">Its onset.</param>
public sealed record RememberedCause(string Gpu, DeviceFaultKind? Fault, long? Xid, string What, DateTimeOffset Since)
{
    /// <summary>UUID of the MIG instance that alone is meant; null for the whole GPU.</summary>
    public string? Instance { get; init; }

    /// <summary>The load of the driver at the last occurrence, as far as it was known.</summary>
    public DriverLoad? Load { get; init; }

    /// <summary>Its last occurrence.</summary>
    public DateTimeOffset LastSeen { get; init; } = Since;

    /// <summary>How often it occurred since its onset.</summary>
    public long Occurrences { get; init; } = 1;

    /// <summary>Until when it stays because it kept coming back; null when it need not.</summary>
    public DateTimeOffset? HeldUntil { get; init; }

    /// <summary>What to do, as Nomad was told; null: as the tables say.</summary>
    public string? Advice { get; init; }

    /// <summary>Since when it would be over without the hold; null while it lasts.</summary>
    public DateTimeOffset? OverSince { get; init; }

    /// <summary>How often it began, returns while it was held among them; 0 before it was over for the first time.</summary>
    public int Onsets { get; init; }

    /// <summary>Whether an operator declared the GPU reset since its last occurrence.</summary>
    public bool IsDeclaredReset { get; init; }
}
