namespace DevicePlugin.Gpu.Sharing;

/// <summary>How the tasks of one GPU share it.</summary>
public enum SharingStrategy
{
    /// <summary>Processes take turns, each with the whole GPU.</summary>
    TimeSlicing,

    /// <summary>Processes run side by side under NVIDIA's Multi-Process Service.</summary>
    Mps,
}
