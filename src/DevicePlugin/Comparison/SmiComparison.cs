using System.Collections.Immutable;
using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>A value of one GPU that nvidia-smi and the plugin do not agree on.</summary>
/// <param name="Gpu">Its PCI address.</param>
/// <param name="Field">Where nvidia-smi says it.</param>
/// <param name="Smi">What nvidia-smi says, in its own words where it has some.</param>
/// <param name="Place">Where the plugin says it.</param>
/// <param name="Plugin">What the plugin says; null: nothing.</param>
/// <param name="Moves">Whether it changes by itself.</param>
internal sealed record Difference(string Gpu, string Field, string Smi, string Place, string? Plugin, bool Moves);

/// <summary>What became of the comparison with nvidia-smi.</summary>
/// <param name="Problem">Why there is none; null when there is one.</param>
/// <param name="Gpus">How many GPUs nvidia-smi knows.</param>
/// <param name="Values">How many values either knows.</param>
/// <param name="Differences">Those on which they do not agree.</param>
internal sealed record SmiComparison(string? Problem, int Gpus, int Values, ImmutableArray<Difference> Differences)
{
    private const string NoValue = "not there";

    public static SmiComparison Failed(string problem) => new(problem, 0, 0, []);

    /// <param name="log">What nvidia-smi printed.</param>
    /// <param name="reports">What the plugin reported before and after that; the last one counts for what does not move.</param>
    public static SmiComparison Compare(SmiElement log, IReadOnlyList<NodeReport> reports)
    {
        var pairs = log.Children.Where(element => element.Name == "gpu")
            .Select(gpu => new Pair(gpu, [.. reports.Select(report => Find(report, gpu))])).ToList();
        var found = pairs.SelectMany(pair => pair.Reported).OfType<ReportedGpu>().Select(KeyOf).ToHashSet(StringComparer.Ordinal);
        var differences = pairs.SelectMany(pair => Compare(pair, pairs))
            .Concat(reports[^1].Gpus.Where(gpu => !found.Contains(KeyOf(gpu))).DistinctBy(KeyOf).Select(gpu =>
                new Difference(KeyOf(gpu), "gpu", NoValue, ReportPlace.DeviceId.Name, gpu.Uuid, Moves: false)));
        return new SmiComparison(null, pairs.Count, pairs.Sum(pair => CountValues(pair, pairs)), [.. differences]);
    }

    /// <summary>This one, with the differences alone that another one of the same node has too.</summary>
    public SmiComparison Confirming(SmiComparison earlier)
    {
        var seen = earlier.Differences.Select(IdentityOf).ToHashSet();
        return this with { Differences = [.. Differences.Where(difference => seen.Contains(IdentityOf(difference)))] };
    }

    private static (string Gpu, string Field, string Place) IdentityOf(Difference difference) =>
        (difference.Gpu, difference.Field, difference.Place);

    private static IEnumerable<Difference> Compare(Pair pair, IReadOnlyList<Pair> all)
    {
        if (pair.Last is not { } last)
        {
            return [new Difference(pair.Address, "gpu", pair.TextOf("uuid"), ReportPlace.DeviceId.Name, null, Moves: false)];
        }

        if (pair.HasInstances)
        {
            return CompareInstances(pair, last);
        }

        return
            from field in ComparedFields.All
            where pair.Has(field) && !field.Agrees(Expect(field, pair, all), pair.Read(field))
            select new Difference(
                pair.Address, field.Path.Split('|')[0].TrimStart('/'), pair.Describe(field), field.Place.Name,
                field.Place.Read(last), field.Moves);
    }

    /// <summary>In MIG mode the instances are the devices, of which nvidia-smi's XML has neither UUID nor profile.</summary>
    private static IEnumerable<Difference> CompareInstances(Pair pair, ReportedGpu last)
    {
        var reported = last.Report.Gpus.Count(gpu => KeyOf(gpu) == KeyOf(last) && gpu.IsInstance);
        return reported == pair.InstanceCount
            ? []
            :
            [
                new Difference(
                    pair.Address, "mig_devices", Text(pair.InstanceCount), "number of MIG devices", Text(reported), Moves: false),
            ];
    }

    /// <summary>A value of a group of equal GPUs is reported where all of them have the same.</summary>
    private static string? Expect(ComparedField field, Pair pair, IReadOnlyList<Pair> all)
    {
        var expected = field.Expect(pair.Smi);
        return field.Place.IsOfGroup && all.Any(other =>
            other.Last?.GroupName == pair.Last?.GroupName && !other.HasInstances && field.Expect(other.Smi) != expected)
                ? null
                : expected;
    }

    private static int CountValues(Pair pair, IReadOnlyList<Pair> all) => pair.Last is null || pair.HasInstances
        ? 1
        : ComparedFields.All.Count(field => pair.Has(field)
            && (Expect(field, pair, all) is not null || pair.Read(field).Any(value => value is not null)));

    private static ReportedGpu? Find(NodeReport report, SmiElement gpu)
    {
        var uuid = gpu.Child("uuid") is { } named ? SmiValue.Text(named) : null;
        var address = gpu.Find("pci/pci_bus_id") is { } placed ? SmiValue.PciBusId(placed) : null;
        return report.Gpus.FirstOrDefault(candidate => candidate.Uuid == uuid)
            ?? report.Gpus.FirstOrDefault(candidate => address is not null && candidate.PciBusId == address);
    }

    private static string KeyOf(ReportedGpu gpu) => gpu.PciBusId ?? gpu.Uuid;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Pair(SmiElement Smi, ImmutableArray<ReportedGpu?> Reported)
    {
        public ReportedGpu? Last => Reported[^1];

        public string Address => TextOf("pci/pci_bus_id");

        public bool HasInstances => TextOf("mig_mode/current_mig") == "Enabled";

        public int InstanceCount => Smi.Child("mig_devices")?.Children.Count(child => child.Name == "mig_device") ?? 0;

        public string TextOf(string path) => Smi.Find(path)?.Text.Trim() ?? NoValue;

        // Older drivers print less.
        public bool Has(ComparedField field) => Smi.Find(field.Path) is not null;

        public ImmutableArray<string?> Read(ComparedField field) =>
            [.. Reported.OfType<ReportedGpu>().Select(gpu => field.Place.Read(gpu))];

        /// <summary>The driver's own words, or what they were read as where the field has several.</summary>
        public string Describe(ComparedField field) =>
            Smi.Find(field.Path) is { Children.Count: 0 } element ? element.Text.Trim() : field.Expect(Smi) ?? "N/A";
    }
}
