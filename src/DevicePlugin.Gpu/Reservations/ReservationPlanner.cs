using System.Collections.Immutable;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>Turns device ids into what their task needs. Pure: the inventory and the node's files are given to it.</summary>
public static class ReservationPlanner
{
    // Limits the error to about two kilobytes, however many ids are asked for.
    private const int MostNamed = 16;
    private const int LongestId = 128;

    /// <summary>Looks the ids up. Replicas of one GPU give it once; the order is the request's.</summary>
    /// <exception cref="ReservationException">
    /// Ids that are empty, repeated, unknown or, unless allowed, unhealthy: all are named.
    /// </exception>
    public static ReservationRequest Check(Inventory inventory, IReadOnlyList<string> ids, ReservationPolicy policy)
    {
        var problems = FindProblems(ids, inventory, policy).ToList();
        if (problems.Count > 0)
        {
            throw new ReservationException(Explain(problems, inventory));
        }

        var requested = ImmutableArray.CreateBuilder<InventoryDevice>(ids.Count);
        var gpus = ImmutableArray.CreateBuilder<GpuDevice>(ids.Count);
        var uuids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var device = inventory.Find(id)!;
            requested.Add(device);
            if (uuids.Add(device.Gpu.Uuid))
            {
                gpus.Add(device.Gpu);
            }
        }

        return new ReservationRequest(
            requested.MoveToImmutable(), gpus.ToImmutable(), inventory.Driver, inventory.IsSimulated);
    }

    /// <summary>Lets every strategy add its part. No devices give an empty reservation.</summary>
    /// <exception cref="ReservationException">
    /// A strategy cannot give one of the devices: all obstacles are named. Or the devices do not go together.
    /// </exception>
    public static Reservation Plan(ReservationRequest request, ReservationPolicy policy)
    {
        if (request.Gpus.IsEmpty)
        {
            return Reservation.Empty;
        }

        var obstacles = FindObstacles(request, policy).ToList();
        if (obstacles.Count > 0)
        {
            throw new ReservationException(Name(obstacles, "; ")) { IsObstacle = true };
        }

        var draft = new ReservationDraft();
        foreach (var strategy in policy.Strategies)
        {
            strategy.Contribute(request, draft);
        }

        return draft.Finish() with { Warning = FindWarning(request) };
    }

    // A task may give each of its processes one of them, so this is not a reason to refuse. CUDA enumerates a single compute
    // instance, and no whole GPU beside it (NVIDIA's MIG User Guide, CUDA device enumeration).
    private static string? FindWarning(ReservationRequest request) =>
        request.Gpus.Length > 1 && request.Gpus.Any(gpu => gpu.Mig is not null)
            ? $"A task reserved {string.Join(", ", request.Gpus.Select(gpu => gpu.Uuid))}, and a CUDA process sees only one MIG "
                + "instance and no whole GPU next to it; set count = 1, or have each process set CUDA_VISIBLE_DEVICES to one of them."
            : null;

    // Again with the files as they are now: they may change at any time.
    private static IEnumerable<string> FindObstacles(ReservationRequest request, ReservationPolicy policy)
    {
        foreach (var device in request.Devices)
        {
            if (HandOutRule.FindObstacle(device, request.Files, policy, request.IsSimulated) is { } obstacle)
            {
                yield return $"{device.Id} cannot be handed to a task: {obstacle}";
            }
        }
    }

    private static IEnumerable<string> FindProblems(
        IReadOnlyList<string> ids, Inventory inventory, ReservationPolicy policy)
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
            else if (inventory.Find(id) is not { } device)
            {
                unknown.Add(id);
            }
            else if (!device.Health.IsUsable && (!policy.AllowUnhealthy || device.Obstacle is not null || device.Cordon is not null))
            {
                unhealthy.Add($"{id} ({device.Health.Description})");
            }
        }

        if (unknown.Count > 0)
        {
            yield return $"unknown device IDs: {Name(unknown, ",", LongestId)}";
        }

        if (unhealthy.Count > 0)
        {
            yield return $"unhealthy device IDs: {Name(unhealthy, ", ")}";
        }

        if (repeated.Count > 0)
        {
            yield return $"repeated device IDs: {Name(repeated, ",", LongestId)}";
        }

        if (empty > 0)
        {
            yield return $"empty device IDs: {empty}";
        }
    }

    private static string Name(IReadOnlyCollection<string> ids, string separator, int longest = int.MaxValue)
    {
        var named = string.Join(
            separator, ids.Take(MostNamed).Select(id => id.Length <= longest ? id : $"{id.AsSpan(0, longest)}..."));
        return ids.Count <= MostNamed ? named : $"{named} and {ids.Count - MostNamed} more";
    }

    private static string Explain(List<string> problems, Inventory inventory)
    {
        var message = string.Join("; ", problems);
        return inventory.Devices.IsEmpty && !inventory.Driver.IsLoaded
            ? $"{message} (no devices are offered: {inventory.Driver.Reason})"
            : message;
    }
}
