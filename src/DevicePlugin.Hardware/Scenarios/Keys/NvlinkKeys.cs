namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class NvlinkKeys
{
    public static readonly KeyGroup Group = new("nvlink");
    public static readonly IntegerKey Links = Group.Integer("links", 0, 36);
    public static readonly IntegerListKey Down = Group.IntegerList("down", 0, 35);
    public static readonly DecimalKey Version = Group.Decimal("version", 0, 100);
    public static readonly IntegerKey SpeedMBPerSecond = Group.Integer("speed_mb_per_second", 0, 10_000_000);
    public static readonly IntegerKey ReplayErrors = Group.Count("replay_errors");
    public static readonly IntegerKey RecoveryErrors = Group.Count("recovery_errors");
    public static readonly IntegerKey CrcErrors = Group.Count("crc_errors");
    public static readonly IntegerListKey ErrorLinks = Group.IntegerList("error_links", 0, 35);

    // NVLink 5: the fields 201 to 222.
    public static readonly IntegerKey XmitPackets = Group.Count("xmit_packets");
    public static readonly IntegerKey XmitBytes = Group.Count("xmit_bytes");
    public static readonly IntegerKey RcvPackets = Group.Count("rcv_packets");
    public static readonly IntegerKey RcvBytes = Group.Count("rcv_bytes");
    public static readonly IntegerKey MalformedPacketErrors = Group.Count("malformed_packet_errors");
    public static readonly IntegerKey BufferOverrunErrors = Group.Count("buffer_overrun_errors");
    public static readonly IntegerKey RcvErrors = Group.Count("rcv_errors");
    public static readonly IntegerKey RcvRemoteErrors = Group.Count("rcv_remote_errors");
    public static readonly IntegerKey RcvGeneralErrors = Group.Count("rcv_general_errors");
    public static readonly IntegerKey LocalLinkIntegrityErrors = Group.Count("local_link_integrity_errors");
    public static readonly IntegerKey XmitDiscards = Group.Count("xmit_discards");
    public static readonly IntegerKey LinkRecoverySuccessfulEvents = Group.Count("link_recovery_successful_events");
    public static readonly IntegerKey LinkRecoveryFailedEvents = Group.Count("link_recovery_failed_events");
    public static readonly IntegerKey LinkRecoveryEvents = Group.Count("link_recovery_events");
    public static readonly IntegerKey EffectiveErrors = Group.Count("effective_errors");
    public static readonly IntegerKey EffectiveBer = Group.Count("effective_ber");
    public static readonly IntegerKey SymbolErrors = Group.Count("symbol_errors");
    public static readonly IntegerKey SymbolBer = Group.Count("symbol_ber");
}
