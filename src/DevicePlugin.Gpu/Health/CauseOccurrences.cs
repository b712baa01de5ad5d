namespace DevicePlugin.Gpu.Health;

/// <summary>How often a cause of bad health has occurred since its onset, and when it last did.</summary>
public sealed record CauseOccurrences(long Count, DateTimeOffset Last);
