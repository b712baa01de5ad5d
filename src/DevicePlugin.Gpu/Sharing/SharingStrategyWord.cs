namespace DevicePlugin.Gpu.Sharing;

/// <summary>Strategies as people write them.</summary>
public static class SharingStrategyWord
{
    public static string Of(SharingStrategy strategy) => strategy == SharingStrategy.Mps ? "mps" : "time-slicing";
}
