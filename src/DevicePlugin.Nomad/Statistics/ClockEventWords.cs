using DevicePlugin.Gpu;

namespace DevicePlugin.Nomad.Statistics;

/// <summary>Clock event reasons as nvidia-smi names them.</summary>
public static class ClockEventWords
{
    private static readonly (ClockEventReasons Reason, string Word)[] Words =
    [
        (ClockEventReasons.Idle, "idle"),
        (ClockEventReasons.ApplicationClocks, "application clocks setting"),
        (ClockEventReasons.SoftwarePowerCap, "software power cap"),
        (ClockEventReasons.HardwareSlowdown, "hardware slowdown"),
        (ClockEventReasons.SyncBoost, "sync boost"),
        (ClockEventReasons.SoftwareThermal, "software thermal slowdown"),
        (ClockEventReasons.HardwareThermal, "hardware thermal slowdown"),
        (ClockEventReasons.PowerBrake, "hardware power brake"),
        (ClockEventReasons.Display, "display clocks setting"),
    ];

    /// <summary>Comma-separated; <c>none</c> at full speed; bits without a word as one hexadecimal number.</summary>
    public static string? Of(ClockEventReasons? reasons)
    {
        if (reasons is not { } bits)
        {
            return null;
        }

        var words = new List<string>();
        foreach (var (reason, word) in Words)
        {
            if (bits.HasFlag(reason))
            {
                words.Add(word);
                bits &= ~reason;
            }
        }

        if (bits != 0)
        {
            words.Add($"0x{(ulong)bits:x}");
        }

        return words.Count == 0 ? "none" : string.Join(", ", words);
    }
}
