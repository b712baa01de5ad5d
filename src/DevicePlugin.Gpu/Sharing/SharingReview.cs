namespace DevicePlugin.Gpu.Sharing;

/// <summary>Compares the rules with the devices of a node: what only the hardware can show to be a mistake.</summary>
public static class SharingReview
{
    // A message is one line of a log.
    private const int MostNamed = 3;

    /// <summary>Conflicts and MIG instances under MPS, in the order of the rules.</summary>
    /// <param name="policy">The rules.</param>
    /// <param name="devices">
    /// Everything that could be offered. A GPU in MIG mode is not: its instances are.
    /// </param>
    public static IEnumerable<SharingFinding> FindMistakes(SharingPolicy policy, IEnumerable<GpuDevice> devices)
    {
        var conflicts = new SortedDictionary<(int First, int Second), List<string>>();
        var unfit = new SortedDictionary<int, List<string>>();
        foreach (var device in devices)
        {
            if (device.Mig is not null || device.Facts.MigMode != true)
            {
                Sort(policy, device, conflicts, unfit);
            }
        }

        foreach (var ((first, second), uuids) in conflicts)
        {
            yield return new SharingFinding(
                SharingFindingKind.Conflict,
                $"{Path(first)}, {Path(second)}",
                $"{Path(first)} and {Path(second)} both match {Name(uuids)}, and {Path(first)} is used",
                "let each block name other devices, or take them out with an earlier block of replicas = 1");
        }

        foreach (var (rule, uuids) in unfit)
        {
            yield return new SharingFinding(
                SharingFindingKind.MpsOnMig,
                Path(rule),
                $"{Path(rule)} has the strategy mps, which MIG instances do not have: {Name(uuids)} stay exclusive",
                "share them by a block with the strategy time-slicing, or name whole GPUs only");
        }
    }

    /// <summary>Patterns that name none of the devices: probably a mistake, never an error.</summary>
    public static IEnumerable<SharingFinding> FindUnmatched(SharingPolicy policy, IReadOnlyCollection<GpuDevice> devices)
    {
        for (var i = 0; i < policy.Rules.Length; i++)
        {
            foreach (var pattern in policy.Rules[i].Devices)
            {
                if (!devices.Any(pattern.Matches))
                {
                    yield return new SharingFinding(
                        SharingFindingKind.UnmatchedPattern,
                        $"{Path(i)}.devices \"{pattern.Text}\"",
                        $"\"{pattern.Text}\" in {Path(i)}.devices names no device of this node",
                        "write a UUID, an NVML index, a PCI bus id, a model pattern such as *H100*, a MIG profile, or all");
                }
            }
        }
    }

    private static void Sort(
        SharingPolicy policy, GpuDevice device,
        SortedDictionary<(int First, int Second), List<string>> conflicts, SortedDictionary<int, List<string>> unfit)
    {
        int? winner = null;
        int? refused = null;
        for (var i = 0; i < policy.Rules.Length; i++)
        {
            var rule = policy.Rules[i];
            if (!rule.Names(device))
            {
                continue;
            }

            if (!rule.AppliesTo(device))
            {
                refused ??= rule.Replicas > 1 ? i : null;
            }
            else if (winner is not { } first)
            {
                winner = i;
            }
            else if (policy.Rules[first].Replicas > 1)
            {
                Add(conflicts, (first, i), device);
            }
        }

        if (winner is null && refused is { } mps)
        {
            Add(unfit, mps, device);
        }
    }

    private static void Add<T>(SortedDictionary<T, List<string>> devices, T key, GpuDevice device)
        where T : notnull
    {
        if (!devices.TryGetValue(key, out var uuids))
        {
            devices[key] = uuids = [];
        }

        uuids.Add(device.Uuid);
    }

    private static string Path(int rule) => $"sharing[{rule}]";

    private static string Name(List<string> uuids) => uuids.Count <= MostNamed
        ? string.Join(", ", uuids)
        : $"{string.Join(", ", uuids.Take(MostNamed))} and {uuids.Count - MostNamed} more";
}
