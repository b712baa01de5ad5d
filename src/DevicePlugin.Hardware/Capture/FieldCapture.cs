using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>What only nvmlDeviceGetFieldValues answers, or answers best.</summary>
internal static class FieldCapture
{
    // NVML's field ids in nvml.h; scope 1 is the module, 2 the memory.
    private static readonly ImmutableArray<(Key Key, uint Field, uint Scope, double Divisor)> Fields =
    [
        (RetiredPagesKeys.SingleBit, FieldId.RetiredSingleBit, 0, 1),
        (RetiredPagesKeys.DoubleBit, FieldId.RetiredDoubleBit, 0, 1),
        (RetiredPagesKeys.Pending, FieldId.RetiredPending, 0, 1),
        (RemapKeys.Corrected, FieldId.RemappedCorrected, 0, 1),
        (RemapKeys.Uncorrected, FieldId.RemappedUncorrected, 0, 1),
        (RemapKeys.Pending, FieldId.RemapPending, 0, 1),
        (RemapKeys.Failed, FieldId.RemapFailed, 0, 1),
        (ClocksKeys.PowerCapUs, 74, 0, 1000),
        (ClocksKeys.SyncBoostUs, 76, 0, 1000),
        (ThermalKeys.MemoryC, FieldId.MemoryTemperature, 0, 1),
        (PciKeys.ReplayRollovers, 95, 0, 1),
        (PowerKeys.AverageWatts, FieldId.PowerAverage, 0, 1000),
        (PowerKeys.ModuleAverageWatts, FieldId.PowerAverage, 1, 1000),
        (PowerKeys.MemoryAverageWatts, FieldId.PowerAverage, 2, 1000),
        (PowerKeys.InstantWatts, FieldId.PowerInstant, 0, 1000),
        (PowerKeys.ModuleInstantWatts, FieldId.PowerInstant, 1, 1000),
        (PowerKeys.ModuleMinLimitWatts, FieldId.PowerMin, 1, 1000),
        (PowerKeys.ModuleMaxLimitWatts, FieldId.PowerMax, 1, 1000),
        (PowerKeys.ModuleDefaultLimitWatts, FieldId.PowerDefault, 1, 1000),
        (PowerKeys.ModuleLimitWatts, FieldId.PowerLimit, 1, 1000),
        (PowerKeys.ModuleRequestedLimitWatts, FieldId.PowerRequestedLimit, 1, 1000),
        (ThermalKeys.ShutdownMarginC, 193, 0, 1),
        (ThermalKeys.SlowdownMarginC, 194, 0, 1),
        (ThermalKeys.MemoryMaxMarginC, 195, 0, 1),
        (ThermalKeys.GpuMaxMarginC, 196, 0, 1),
        (GpuKeys.RecoveryAction, FieldId.RecoveryAction, 0, 1),
    ];

    // Three that have two numbers each: branch 575 and the first release of 580 shifted them (NVIDIA lists the change
    // between the headers of CUDA 13.0 and 13.0 update 1).
    private static readonly (Key Key, uint Field)[] Slowdowns =
    [
        (ClocksKeys.SoftwareThermalUs, 269), (ClocksKeys.HardwareThermalUs, 270), (ClocksKeys.PowerBrakeUs, 271),
    ];

    private const uint SlowdownShift = 18;

    public static void Read(CapturedValues values, string? driverVersion)
    {
        var shift = HasShiftedIds(driverVersion) ? SlowdownShift : 0;
        var wanted = Fields.AddRange(Slowdowns.Select(one => (one.Key, one.Field - shift, 0u, 1000.0)));
        var batch = new FieldBatch(values.Query);
        foreach (var (_, field, scope, _) in wanted)
        {
            batch.Add(field, scope);
        }

        batch.Read();
        foreach (var (key, field, scope, divisor) in wanted)
        {
            Add(values, key, batch.Get(field, scope), divisor);
        }
    }

    internal static bool HasShiftedIds(string? driverVersion)
    {
        var parts = (driverVersion ?? "").Split('.');
        return Number(parts, 0) == 575 || (Number(parts, 0) == 580 && Number(parts, 1) <= 65);
    }

    private static int Number(string[] parts, int index) =>
        int.TryParse(parts.ElementAtOrDefault(index), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static void Add(CapturedValues values, Key key, long? value, double divisor)
    {
        switch (key)
        {
            case FlagKey flag:
                values.Add(flag, value is { } number ? number != 0 : null);
                break;
            case WordKey word:
                values.AddWord(word, value);
                break;
            case IntegerKey integer:
                values.Add(integer, value / (long)divisor);
                break;
            case DecimalKey fraction:
                values.Add(fraction, value / divisor);
                break;
        }
    }
}
