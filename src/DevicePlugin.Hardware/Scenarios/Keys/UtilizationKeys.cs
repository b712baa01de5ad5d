namespace DevicePlugin.Hardware.Scenarios.Keys;

internal static class UtilizationKeys
{
    public static readonly KeyGroup Group = new("utilization");
    public static readonly IntegerKey GpuPercent = Group.Percent("gpu_percent");
    public static readonly IntegerKey MemoryPercent = Group.Percent("memory_percent");
    public static readonly IntegerKey EncoderPercent = Group.Percent("encoder_percent");
    public static readonly IntegerKey DecoderPercent = Group.Percent("decoder_percent");
    public static readonly IntegerKey JpegPercent = Group.Percent("jpeg_percent");
    public static readonly IntegerKey OfaPercent = Group.Percent("ofa_percent");
    public static readonly DecimalKey GraphicsEnginePercent = Group.Decimal("graphics_engine_percent", 0, 100);
    public static readonly DecimalKey SmPercent = Group.Decimal("sm_percent", 0, 100);
    public static readonly DecimalKey DramPercent = Group.Decimal("dram_percent", 0, 100);
}
