using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// Whether a device can be handed to a task: the one rule for what is offered and for what is reserved. All strategies that
/// are configured count, since each adds its part to every reservation.
/// </summary>
public static class HandOutRule
{
    /// <summary>Null when every strategy can hand the device out.</summary>
    public static string? FindObstacle(
        InventoryDevice device, NodeFiles files, ReservationPolicy policy, bool isSimulated)
    {
        // A simulated GPU has no files to begin with.
        var judged = isSimulated ? files.WithoutProblems() : files;
        foreach (var strategy in policy.Strategies)
        {
            if (strategy.FindObstacle(device, judged) is { } obstacle)
            {
                return obstacle;
            }
        }

        return null;
    }
}
