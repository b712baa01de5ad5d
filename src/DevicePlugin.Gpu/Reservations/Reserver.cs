using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>Answers Reserve from the latest inventory under the policy in force: no hardware, no lock, no waiting.</summary>
public sealed class Reserver(InventoryMonitor monitor)
{
    private ReservationPolicy _policy = new();

    public void Configure(ReservationPolicy policy) => Volatile.Write(ref _policy, policy);

    /// <exception cref="ReservationException">Names what is wrong with the request, all of it.</exception>
    public Reservation Reserve(IReadOnlyList<string> ids)
    {
        var policy = Volatile.Read(ref _policy);
        var request = ReservationPlanner.Check(monitor.Current, ids, policy);
        if (policy.ReadFiles is { } readFiles && !request.Gpus.IsEmpty)
        {
            request = request with { Files = readFiles(request) };
        }

        try
        {
            return ReservationPlanner.Plan(request, policy);
        }
        catch (ReservationException exception) when (exception.IsObstacle)
        {
            // Nomad would place the next task on the same device until it learns of the obstacle.
            monitor.RefreshSoon();
            throw;
        }
    }
}
