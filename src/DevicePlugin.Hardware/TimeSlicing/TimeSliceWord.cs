using DevicePlugin.Gpu.Sharing;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>Time slices as the configuration writes them.</summary>
internal static class TimeSliceWord
{
    public static string Of(TimeSlice slice) => slice switch
    {
        TimeSlice.Short => "short",
        TimeSlice.Medium => "medium",
        TimeSlice.Long => "long",
        _ => "default",
    };
}
