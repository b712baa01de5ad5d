namespace DevicePlugin.Hardware.Nvml;

/// <summary>What came of registering a GPU for events.</summary>
/// <param name="Problem">Why its XIDs do not arrive; null when they do.</param>
/// <param name="IsFinal">Asking again gives the same answer for as long as the driver stays loaded.</param>
internal sealed record EventRegistration(string? Problem, bool IsFinal)
{
    public static readonly EventRegistration Done = new(null, IsFinal: true);
}
