namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class EccKeys
{
    public static readonly KeyGroup Group = new("ecc");
    public static readonly FlagKey Enabled = Group.Flag("enabled");
    public static readonly FlagKey EnabledPending = Group.Flag("enabled_pending");
    public static readonly FlagKey DefaultEnabled = Group.Flag("default_enabled");
    public static readonly IntegerKey CorrectedVolatile = Group.Count("corrected_volatile");
    public static readonly IntegerKey CorrectedAggregate = Group.Count("corrected_aggregate");
    public static readonly IntegerKey UncorrectedVolatile = Group.Count("uncorrected_volatile");
    public static readonly IntegerKey UncorrectedAggregate = Group.Count("uncorrected_aggregate");
    public static readonly IntegerKey SramCorrectedVolatile = Group.Count("sram_corrected_volatile");
    public static readonly IntegerKey SramCorrectedAggregate = Group.Count("sram_corrected_aggregate");
    public static readonly IntegerKey SramUncorrectedVolatile = Group.Count("sram_uncorrected_volatile");
    public static readonly IntegerKey SramUncorrectedAggregate = Group.Count("sram_uncorrected_aggregate");
    public static readonly IntegerKey DramCorrectedVolatile = Group.Count("dram_corrected_volatile");
    public static readonly IntegerKey DramCorrectedAggregate = Group.Count("dram_corrected_aggregate");
    public static readonly IntegerKey DramUncorrectedVolatile = Group.Count("dram_uncorrected_volatile");
    public static readonly IntegerKey DramUncorrectedAggregate = Group.Count("dram_uncorrected_aggregate");
    public static readonly IntegerKey L1CorrectedVolatile = Group.Count("l1_corrected_volatile");
    public static readonly IntegerKey L1CorrectedAggregate = Group.Count("l1_corrected_aggregate");
    public static readonly IntegerKey L1UncorrectedVolatile = Group.Count("l1_uncorrected_volatile");
    public static readonly IntegerKey L1UncorrectedAggregate = Group.Count("l1_uncorrected_aggregate");
    public static readonly IntegerKey L2CorrectedVolatile = Group.Count("l2_corrected_volatile");
    public static readonly IntegerKey L2CorrectedAggregate = Group.Count("l2_corrected_aggregate");
    public static readonly IntegerKey L2UncorrectedVolatile = Group.Count("l2_uncorrected_volatile");
    public static readonly IntegerKey L2UncorrectedAggregate = Group.Count("l2_uncorrected_aggregate");
    public static readonly IntegerKey RegisterFileCorrectedVolatile = Group.Count("register_file_corrected_volatile");
    public static readonly IntegerKey RegisterFileCorrectedAggregate = Group.Count("register_file_corrected_aggregate");

    public static readonly IntegerKey RegisterFileUncorrectedVolatile =
        Group.Count("register_file_uncorrected_volatile");

    public static readonly IntegerKey RegisterFileUncorrectedAggregate =
        Group.Count("register_file_uncorrected_aggregate");
    public static readonly IntegerKey TextureCorrectedVolatile = Group.Count("texture_corrected_volatile");
    public static readonly IntegerKey TextureCorrectedAggregate = Group.Count("texture_corrected_aggregate");
    public static readonly IntegerKey TextureUncorrectedVolatile = Group.Count("texture_uncorrected_volatile");
    public static readonly IntegerKey TextureUncorrectedAggregate = Group.Count("texture_uncorrected_aggregate");
    public static readonly IntegerKey SharedCorrectedVolatile = Group.Count("shared_corrected_volatile");
    public static readonly IntegerKey SharedCorrectedAggregate = Group.Count("shared_corrected_aggregate");
    public static readonly IntegerKey SharedUncorrectedVolatile = Group.Count("shared_uncorrected_volatile");
    public static readonly IntegerKey SharedUncorrectedAggregate = Group.Count("shared_uncorrected_aggregate");
    public static readonly IntegerKey CbuCorrectedVolatile = Group.Count("cbu_corrected_volatile");
    public static readonly IntegerKey CbuCorrectedAggregate = Group.Count("cbu_corrected_aggregate");
    public static readonly IntegerKey CbuUncorrectedVolatile = Group.Count("cbu_uncorrected_volatile");
    public static readonly IntegerKey CbuUncorrectedAggregate = Group.Count("cbu_uncorrected_aggregate");
    public static readonly IntegerKey SramParityVolatile = Group.Count("sram_parity_volatile");
    public static readonly IntegerKey SramParityAggregate = Group.Count("sram_parity_aggregate");
    public static readonly IntegerKey SramSecdedVolatile = Group.Count("sram_secded_volatile");
    public static readonly IntegerKey SramSecdedAggregate = Group.Count("sram_secded_aggregate");
    public static readonly IntegerKey SramL2Aggregate = Group.Count("sram_l2_aggregate");
    public static readonly IntegerKey SramSmAggregate = Group.Count("sram_sm_aggregate");
    public static readonly IntegerKey SramMicrocontrollerAggregate = Group.Count("sram_microcontroller_aggregate");
    public static readonly IntegerKey SramPcieAggregate = Group.Count("sram_pcie_aggregate");
    public static readonly IntegerKey SramOtherAggregate = Group.Count("sram_other_aggregate");
    public static readonly FlagKey SramThresholdExceeded = Group.Flag("sram_threshold_exceeded");
    public static readonly FlagKey ChannelRepairPending = Group.Flag("channel_repair_pending");
    public static readonly FlagKey TpcRepairPending = Group.Flag("tpc_repair_pending");
    public static readonly FlagKey UnrepairableMemory = Group.Flag("unrepairable_memory");
}
