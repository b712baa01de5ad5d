using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// Whether a runtime finds the plugin's devices by their CDI names. A spec names the driver's libraries by version, so one that
/// was made before an upgrade is useless. The plugin writes its own at every change, and offers no device while it cannot.
/// </summary>
internal sealed class CdiSpecsCheck() : Check("cdi-specs", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var specs = SeenCdiSpec.All(node);
        if (!node.Config.Reserve.KeepsCdiSpec)
        {
            return FindStale(node, specs)
                ?? Finding.Pass(specs.Count > 0 ? $"{NamesOf(specs)}: for this driver" : "none, and the strategies that are set need none");
        }

        if (FolderAccess.Of(node, node.Config.Reserve.CdiSpecDir) is { IsGiven: false } access)
        {
            return DescribeLocked(node, access.Seen);
        }

        List<SeenCdiSpec> others = [.. specs.Where(spec => !spec.IsOwnOf(node))];
        return specs.FirstOrDefault(spec => spec.IsOwnOf(node)) is not { } own
            ? DescribeAbsent(node, others)
            : FindStaleOwn(node, own) ?? FindRival(own, others) ?? FindWayRound(node, others) ?? FindStale(node, others)
                ?? Finding.Pass($"{own.Path} has {own.Content.Names.Count} names of {own.Content.Kind}, for this driver");
    }

    private static Finding DescribeLocked(Examination node, string seen) => node.IsPrivileged
        ? Finding.Fail(
            seen, "Make it writable, or set reserve.cdi_spec_dir to another folder: without the spec, devices are offered as unhealthy.")
        : Finding.Warn(seen, "Run doctor as the user of Nomad's agent, usually root, to find out.");

    private static Finding DescribeAbsent(Examination node, List<SeenCdiSpec> others)
    {
        var path = SeenCdiSpec.OwnPathOf(node);
        if (node.Files.HasFile(path))
        {
            return Finding.Fail(
                $"{path} was not written by the plugin",
                "Move it away, or set reserve.cdi_spec_dir to another folder: without the spec, devices are offered as unhealthy.");
        }

        if (!node.HasDriver)
        {
            return Finding.Warn(
                $"there is no {path} while no driver is in use: {node.Inventory.Driver.Reason}",
                "The plugin writes it again when the driver is in use.");
        }

        var theirs = others.Count > 0 ? $"; {NamesOf(others)} is another program's, and not used by the plugin" : "";
        return Finding.Warn(
            $"the plugin's spec {path} does not exist{theirs}",
            "The plugin writes it when it serves: start Nomad's agent, and see that it may write to cdi_spec_dir.");
    }

    private static Finding? FindStaleOwn(Examination node, SeenCdiSpec own) =>
        IsStale(node, own) is { } seen
            ? Finding.Fail(
                seen, "The plugin writes its spec again at each refresh: start Nomad's agent, or look in its log for why the plugin cannot.")
            : null;

    private static Finding? FindStale(Examination node, IReadOnlyList<SeenCdiSpec> specs)
    {
        foreach (var spec in specs)
        {
            if (IsStale(node, spec) is { } seen)
            {
                return Finding.Warn(
                    seen,
                    spec.IsOwnOf(node)
                        ? "Start Nomad's agent: the plugin removes its spec when no strategy needs it."
                        : "Its devices do not work: have the program that wrote it write it again, as nvidia-ctk cdi generate or the "
                            + "service nvidia-cdi-refresh do, or remove it.");
            }
        }

        return null;
    }

    private static string? IsStale(Examination node, SeenCdiSpec spec) =>
        node.Inventory.Driver.Version is { } driver && spec.FindVersion() is { } version && version != driver
            ? $"{spec.Path} is for driver {version}, and {driver} is loaded"
            : null;

    // A runtime resolves a name of two specs to neither, or to the device of the folder with priority.
    private static Finding? FindRival(SeenCdiSpec own, List<SeenCdiSpec> others)
    {
        if (others.Find(other => other.Content.Kind == own.Content.Kind) is not { } rival)
        {
            return null;
        }

        var shared = own.Content.Names.Intersect(rival.Content.Names);
        var isLost = !CdiFolders.HasPriority(own.Folder, rival.Folder) && (!shared.IsEmpty || rival.Content.Problem is not null);
        var seen = $"{own.Path} and {rival.Path} both define devices of {own.Content.Kind}"
            + (shared.IsEmpty ? "" : $", {shared.Count} of them by the same names")
            + (isLost ? ": a runtime does not resolve these to the plugin's devices" : "");
        var advice = own.Content.Kind == CdiNames.Kind
            ? $"Start Nomad's agent: the plugin sees the other spec, and its own has the kind {CdiNames.OwnKind} then."
            : $"Remove {rival.Path}.";
        return isLost ? Finding.Fail(seen, advice) : Finding.Warn(seen, advice);
    }

    // Names of another program's spec are not the plugin's to give or to keep.
    private static Finding? FindWayRound(Examination node, List<SeenCdiSpec> others) =>
        node.Config.IgnoredGpuIds.Count > 0 && others.Find(other => other.Content.Kind == CdiNames.Kind) is { } other
            ? Finding.Warn(
                $"{other.Path} defines devices of {CdiNames.Kind}: a job that names one of them itself can get a GPU of ignored_gpu_ids",
                "If nothing else needs it, disable the service that writes it (nvidia-cdi-refresh) and remove the file.")
            : null;

    private static string NamesOf(IEnumerable<SeenCdiSpec> specs) => string.Join(", ", specs.Select(spec => spec.Path));
}
