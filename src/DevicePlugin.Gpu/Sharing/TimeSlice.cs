namespace DevicePlugin.Gpu.Sharing;

/// <summary>
/// How long one process keeps a time-sliced GPU, in the words of <c>nvidia-smi compute-policy</c>; the values are its
/// numbers.
/// </summary>
public enum TimeSlice
{
    Default = 0,
    Short = 1,
    Medium = 2,
    Long = 3,
}
