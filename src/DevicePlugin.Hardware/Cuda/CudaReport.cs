namespace DevicePlugin.Hardware.Cuda;

/// <summary>What the probe child prints, as one JSON object.</summary>
internal sealed record CudaReport
{
    public IReadOnlyList<CudaDeviceFacts>? Devices { get; init; }

    /// <summary>Why there are no devices; null when there are.</summary>
    public string? Error { get; init; }
}
