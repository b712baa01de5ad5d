namespace DevicePlugin.Nomad.Configuration;

/// <summary>How long one process keeps a time-sliced GPU, in the words of <c>nvidia-smi compute-policy</c>.</summary>
public enum TimeSlice
{
    Default,
    Short,
    Medium,
    Long,
}
