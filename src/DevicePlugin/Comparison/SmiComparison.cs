using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>A value of one GPU that nvidia-smi and the plugin do not agree on.</summary>
/// <param name="gpu">Its PCI address.</param>
/// <param name="path">Where nvidia-smi says it.</param>
/// <param name="smi">What nvidia-smi says, in its own words where it has some.</param>
/// <param name="place">Where the plugin says it.</param>
/// <param name="plugin">What the plugin says; null: nothing.</param>
/// <param name="moves">Whether it changes by itself.</param>
internal sealed class Difference(string gpu, string path, string smi, string place, string? plugin, bool moves)
{
    public string Gpu => gpu;

    public string Field => path;

    public string Smi => smi;

    public string Place => place;

    public string? Plugin => plugin;

    public bool Moves => moves;

    public bool IsOfTheSame(Difference other) => Gpu == other.Gpu && Field == other.Field && Place == other.Place;
}

/// <summary>What became of the comparison with nvidia-smi.</summary>
/// <param name="problem">Why there is none; null when there is one.</param>
/// <param name="gpus">How many GPUs nvidia-smi knows.</param>
/// <param name="values">How many values either knows.</param>
/// <param name="differences">Those on which they do not agree.</param>
internal sealed class SmiComparison(string? problem, int gpus, int values, IReadOnlyList<Difference> differences)
{
    private const string NoValue = "not there";

    public string? Problem => problem;

    public int Gpus => gpus;

    public int Values => values;

    public IReadOnlyList<Difference> Differences => differences;

    public static SmiComparison Failed(string problem) => new(problem, 0, 0, []);

    /// <param name="log">What nvidia-smi printed.</param>
    /// <param name="reports">What the plugin reported before and after that.</param>
    public static SmiComparison Compare(SmiElement log, IReadOnlyList<NodeReport> reports)
    {
        var pairs = log.Children.Where(element => element.Name == "gpu")
            .Select(gpu => new Pair(gpu, [.. reports.Select(report => Find(report, gpu))])).ToList();
        var differences = pairs.SelectMany(pair => Compare(pair, pairs)).ToList();
        foreach (var gpu in reports[^1].Gpus)
        {
            if (!pairs.Exists(pair => pair.Last?.Key == gpu.Key) && !differences.Exists(difference => difference.Gpu == gpu.Key))
            {
                differences.Add(new Difference(gpu.Key, "gpu", NoValue, ReportPlace.DeviceId.Name, gpu.Uuid, moves: false));
            }
        }

        return new SmiComparison(null, pairs.Count, pairs.Sum(pair => CountValues(pair, pairs)), differences);
    }

    /// <summary>This one, with the differences alone that another one of the same node has too.</summary>
    public SmiComparison Confirming(SmiComparison earlier) => new(
        Problem, Gpus, Values,
        [.. Differences.Where(difference => earlier.Differences.Any(difference.IsOfTheSame))]);

    private static IEnumerable<Difference> Compare(Pair pair, IReadOnlyList<Pair> all)
    {
        if (pair.Last is not { } last)
        {
            return [new Difference(pair.Address, "gpu", pair.TextOf("uuid"), ReportPlace.DeviceId.Name, null, moves: false)];
        }

        if (pair.HasInstances)
        {
            return CompareInstances(pair, last);
        }

        return ComparedFields.All
            .Where(field => pair.Has(field) && !field.Agrees(Expect(field, pair, all), pair.Read(field)))
            .Select(field => new Difference(
                pair.Address, field.Path.Split('|')[0].TrimStart('/'), pair.Describe(field), field.Place.Name,
                field.Place.Read(last), field.Moves));
    }

    /// <summary>In MIG mode the instances are the devices, of which nvidia-smi's XML has neither UUID nor profile.</summary>
    private static IEnumerable<Difference> CompareInstances(Pair pair, ReportedGpu last)
    {
        var reported = last.Report.Gpus.Count(gpu => gpu.Key == last.Key && gpu.IsInstance);
        return reported == pair.InstanceCount
            ? []
            :
            [
                new Difference(
                    pair.Address, "mig_devices", Text(pair.InstanceCount), "number of MIG devices", Text(reported), moves: false),
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

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Pair(SmiElement smi, ReportedGpu?[] reported)
    {
        public SmiElement Smi => smi;

        public ReportedGpu? Last => reported[^1];

        public string Address => TextOf("pci/pci_bus_id");

        public bool HasInstances => TextOf("mig_mode/current_mig") == "Enabled";

        public int InstanceCount => Smi.Child("mig_devices")?.Children.Count(child => child.Name == "mig_device") ?? 0;

        public string TextOf(string path) => Smi.Find(path)?.Text.Trim() ?? NoValue;

        // Older drivers print less.
        public bool Has(ComparedField field) => Smi.Find(field.Path) is not null;

        public string?[] Read(ComparedField field) =>
            [.. reported.OfType<ReportedGpu>().Select(gpu => field.Place.Read(gpu))];

        /// <summary>The driver's own words, or what they were read as where the field has several.</summary>
        public string Describe(ComparedField field) =>
            Smi.Find(field.Path) is { Children.Count: 0 } element ? element.Text.Trim() : field.Expect(Smi) ?? "N/A";
    }
}
