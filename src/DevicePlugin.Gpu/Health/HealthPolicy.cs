using System.Collections.Immutable;
using System.Globalization;

namespace DevicePlugin.Gpu.Health;

/// <summary>What the configuration says about judging the devices.</summary>
public sealed record HealthPolicy
{
    public static readonly HealthPolicy Default = new();

    /// <summary>False: every device that is found counts as healthy.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>True: causes are found, logged and shown, and no device is withheld for them.</summary>
    public bool ObserveOnly { get; init; }

    /// <summary>Words of causes that are found, logged and shown, and withhold no device.</summary>
    public ImmutableArray<string> ReportOnly { get; init; } = [];

    public XidTable Xids { get; init; } = XidTable.Default;

    public HealthStore Store { get; init; } = HealthStore.None;

    /// <summary>The words that <see cref="ReportOnly"/> may have.</summary>
    public static ImmutableArray<string> ReportableWords => CauseWord.Reportable;

    /// <summary>What makes a device that has a cause, or would have one, be offered all the same.</summary>
    public ImmutableArray<HealthExemption> Exceptions
    {
        get
        {
            var found = ImmutableArray.CreateBuilder<HealthExemption>();
            if (!Enabled)
            {
                found.Add(new HealthExemption("enabled", "false"));
            }

            if (ObserveOnly)
            {
                found.Add(new HealthExemption("observe_only", "true"));
            }

            found.AddRange(ReportOnly.Select(word => new HealthExemption("report_only", word)));
            found.AddRange(Xids.Ignored.Select(
                xid => new HealthExemption("ignored_xids", xid.ToString(CultureInfo.InvariantCulture))));
            return found.ToImmutable();
        }
    }

    /// <summary>Whether a cause keeps tasks off the device.</summary>
    internal bool Withholds(ActiveCause cause, GpuDevice? device) =>
        Enabled && (!IsReportOnly(cause.Key, cause.OverSince is not null) || cause.IsOfAbsentGpu
            || (device is not null && IsUnknown(device, cause)));

    /// <summary>What the configuration makes of a cause that is kept from an earlier process.</summary>
    internal bool Withholds(RememberedCause cause) => Enabled
        && (cause is { Fault: DeviceFaultKind.Lost, OverSince: null }
            || !IsReportOnly(new CauseKey(cause.Fault, cause.Xid, cause.Instance), cause.OverSince is not null));

    /// <summary>An XID that the operator lists as critical is no matter of what is said of all XIDs.</summary>
    private bool IsReportOnly(CauseKey key, bool isHeld) => ObserveOnly
        || (isHeld && ReportOnly.Contains(CauseWord.Held))
        || (ReportOnly.Contains(CauseWord.Of(key)) && !(key.Xid is { } xid && Xids.IsCritical(xid)));

    /// <summary>
    /// Of a GPU that could never be read it is not known what it is, and a whole GPU in MIG mode is listed only while its
    /// instances cannot be seen: no task could use either.
    /// </summary>
    private static bool IsUnknown(GpuDevice device, ActiveCause cause) => device.Facts == GpuFacts.None
        ? cause is { IsPresent: true, Key.Fault: { } fault } && FaultTable.Find(fault).HidesOthers
        : device is { Mig: null, Facts.MigMode: true };
}

/// <summary>A setting that makes a GPU with a cause be offered.</summary>
/// <param name="Key">Its name in the block <c>health</c>.</param>
/// <param name="Value">Its value, or one item of a list.</param>
public sealed record HealthExemption(string Key, string Value)
{
    public override string ToString() => $"health.{Key}: {Value}";
}
