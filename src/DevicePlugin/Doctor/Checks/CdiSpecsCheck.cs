using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// A CDI spec names the driver's libraries by version, so one that was made before an upgrade is useless. The plugin writes its
/// own at every change, and offers no device while it cannot.
/// </summary>
internal sealed class CdiSpecsCheck() : Check("cdi-specs", CheckScope.RealGpus | CheckScope.Linux)
{
    private const string Kind = "nvidia.com/gpu";

    private static readonly string[] Libraries = ["libnvidia-ml.so.", "libcuda.so."];

    protected override Finding Look(Examination node)
    {
        var isUsed = node.Config.Reserve.Strategies.Contains(ReservationStrategy.Cdi);
        if (isUsed && FolderAccess.Of(node, node.Config.Reserve.CdiSpecDir) is { IsGiven: false } access)
        {
            return DescribeLocked(node, access.Seen);
        }

        var driver = node.Inventory.Driver.Version;
        var specs = new List<string>();
        foreach (var path in Candidates(node))
        {
            if (node.Files.ReadText(path) is not { } spec || !spec.Contains(Kind, StringComparison.Ordinal))
            {
                continue;
            }

            if (driver is not null && VersionIn(spec) is { } version && version != driver)
            {
                return DescribeStale(isUsed, $"{path} is for driver {version}, and {driver} is loaded");
            }

            specs.Add(path);
        }

        return specs.Count > 0
            ? Finding.Pass($"{string.Join(", ", specs)}: for this driver")
            : isUsed
                ? Finding.Warn(
                    $"no spec of {Kind} in {string.Join(", ", Folders(node))}",
                    "The plugin writes one when it serves: start Nomad's agent, and see that it may write to cdi_spec_dir.")
                : Finding.Pass("none, and the strategies that are set need none");
    }

    private static Finding DescribeLocked(Examination node, string seen) => node.IsPrivileged
        ? Finding.Fail(
            seen, "Make it writable, or set reserve.cdi_spec_dir to another folder: without the spec, devices are offered as unhealthy.")
        : Finding.Warn(seen, "Run doctor as the user of Nomad's agent, usually root, to find out.");

    private static Finding DescribeStale(bool isUsed, string seen)
    {
        const string Advice =
            "Run nvidia-ctk cdi generate again, or enable the service nvidia-cdi-refresh, which does it after each upgrade.";
        return isUsed ? Finding.Fail(seen, Advice) : Finding.Warn(seen, Advice);
    }

    private static IEnumerable<string> Candidates(Examination node) =>
        Folders(node).SelectMany(folder => node.Files.List(folder).Select(name => $"{folder}/{name}"))
            .Where(path => Path.GetExtension(path) is ".json" or ".yaml" or ".yml");

    private static IEnumerable<string> Folders(Examination node) =>
        new[] { "/etc/cdi", "/var/run/cdi", node.Config.Reserve.CdiSpecDir }.Distinct();

    /// <summary>The driver's version in the name of one of its libraries; the bare <c>.so.1</c> is none.</summary>
    private static string? VersionIn(string spec)
    {
        foreach (var library in Libraries)
        {
            for (var at = spec.IndexOf(library, StringComparison.Ordinal); at >= 0;
                at = spec.IndexOf(library, at + 1, StringComparison.Ordinal))
            {
                var end = at + library.Length;
                while (end < spec.Length && (char.IsAsciiDigit(spec[end]) || spec[end] == '.'))
                {
                    end++;
                }

                var version = spec[(at + library.Length)..end];
                if (version.Contains('.'))
                {
                    return version;
                }
            }
        }

        return null;
    }
}
