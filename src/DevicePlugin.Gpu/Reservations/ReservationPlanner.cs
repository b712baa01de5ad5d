using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>Answers Reserve from an inventory alone: no hardware, no lock, no waiting.</summary>
public static class ReservationPlanner
{
    private const string NvidiaVisibleDevices = "NVIDIA_VISIBLE_DEVICES";
    private const string CudaVisibleDevices = "CUDA_VISIBLE_DEVICES";

    /// <summary>
    /// Maps device ids to what their task needs. Replicas of one GPU give its UUID once; the order is the request's. No ids
    /// give an empty reservation.
    /// </summary>
    /// <exception cref="ReservationException">Ids that are empty, repeated, unknown or, unless allowed, unhealthy: all are named.</exception>
    public static Reservation Plan(Inventory inventory, IReadOnlyList<string> ids, ReservationPolicy policy)
    {
        if (ids.Count == 0)
        {
            return Reservation.Empty;
        }

        var devices = inventory.Devices.ToDictionary(device => device.Id, StringComparer.Ordinal);
        var problems = FindProblems(ids, devices, policy).ToList();
        if (problems.Count > 0)
        {
            throw new ReservationException(Explain(problems, inventory));
        }

        var uuids = string.Join(',', ids.Select(id => devices[id].Gpu.Uuid).Distinct(StringComparer.Ordinal));
        var environment = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        environment[NvidiaVisibleDevices] = uuids;
        if (policy.CudaVisibleDevices)
        {
            environment[CudaVisibleDevices] = uuids;
        }

        return new Reservation(environment.ToImmutable());
    }

    private static IEnumerable<string> FindProblems(
        IReadOnlyList<string> ids, Dictionary<string, InventoryDevice> devices, ReservationPolicy policy)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var empty = 0;
        var repeated = new SortedSet<string>(StringComparer.Ordinal);
        var unknown = new List<string>();
        var unhealthy = new List<string>();
        foreach (var id in ids)
        {
            if (id.Length == 0)
            {
                empty++;
            }
            else if (!seen.Add(id))
            {
                repeated.Add(id);
            }
            else if (!devices.TryGetValue(id, out var device))
            {
                unknown.Add(id);
            }
            else if (!device.Health.IsUsable && !policy.AllowUnhealthy)
            {
                unhealthy.Add($"{id} ({device.Health.Description})");
            }
        }

        if (unknown.Count > 0)
        {
            yield return $"unknown device IDs: {string.Join(',', unknown)}";
        }

        if (unhealthy.Count > 0)
        {
            yield return $"unhealthy device IDs: {string.Join(", ", unhealthy)}";
        }

        if (repeated.Count > 0)
        {
            yield return $"repeated device IDs: {string.Join(',', repeated)}";
        }

        if (empty > 0)
        {
            yield return $"empty device IDs: {empty}";
        }
    }

    private static string Explain(List<string> problems, Inventory inventory)
    {
        var message = string.Join("; ", problems);
        return inventory.Devices.IsEmpty && !inventory.Driver.IsLoaded
            ? $"{message} (no devices are offered: {inventory.Driver.Reason})"
            : message;
    }
}
