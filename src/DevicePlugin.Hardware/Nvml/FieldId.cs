namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// NVML_FI_DEV_* of nvml.h. None of 199, 200 and 251 to 273 is used: their numbers changed between driver branches.
/// </summary>
internal static class FieldId
{
    public const uint EccCurrent = 1;
    public const uint EccCorrectedVolatile = 3;
    public const uint EccUncorrectedVolatile = 4;
    public const uint EccCorrectedAggregate = 5;
    public const uint EccUncorrectedAggregate = 6;
    public const uint EccL1CorrectedVolatile = 7;
    public const uint EccL2CorrectedVolatile = 9;
    public const uint EccMemoryCorrectedVolatile = 11;
    public const uint LastEcc = 28;
    public const uint RetiredSingleBit = 29;
    public const uint RetiredDoubleBit = 30;
    public const uint RetiredPending = 31;
    public const uint NvLinkCrcFlitTotal = 38;
    public const uint NvLinkReplayTotal = 52;
    public const uint NvLinkRecoveryTotal = 59;
    public const uint MemoryTemperature = 82;
    public const uint TotalEnergy = 83;
    public const uint PcieReplays = 94;
    public const uint RemappedCorrected = 142;
    public const uint RemappedUncorrected = 143;
    public const uint RemapPending = 144;
    public const uint RemapFailed = 145;

    /// <summary>Scope is the link, as for those up to 166.</summary>
    public const uint NvLinkReplay = 161;
    public const uint NvLinkRecovery = 162;
    public const uint NvLinkCrc = 163;

    /// <summary>MB/s.</summary>
    public const uint NvLinkSpeed = 164;
    public const uint NvLinkState = 165;
    public const uint NvLinkVersion = 166;

    /// <summary>Mean over one second, Ampere and later without GA100; milliwatts.</summary>
    public const uint PowerAverage = 185;
    public const uint PowerInstant = 186;

    public const uint PowerMin = 187;
    public const uint PowerMax = 188;
    public const uint PowerDefault = 189;

    /// <summary>The enforced limit, milliwatts.</summary>
    public const uint PowerLimit = 190;

    /// <summary>The management limit, milliwatts.</summary>
    public const uint PowerRequestedLimit = 192;
    public const uint RecoveryAction = 230;
}
