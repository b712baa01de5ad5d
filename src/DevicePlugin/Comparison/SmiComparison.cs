namespace DevicePlugin.Comparison;

/// <summary>What became of the comparison with nvidia-smi.</summary>
/// <param name="problem">Why there is none; null when there is one.</param>
/// <param name="gpus">How many GPUs nvidia-smi knows.</param>
/// <param name="values">How many values either knows.</param>
/// <param name="differences">Those on which they do not agree.</param>
internal sealed class SmiComparison(string? problem, int gpus, int values, IReadOnlyList<Difference> differences)
{
    private const string NoValue = "not there";
    private const string MigMode = "mig_mode/current_mig";

    // No machine has as many, and each is looked up among the others.
    private const int MostGpus = 256;

    // Every driver prints these. A section without them is no GPU that was compared, however well the rest agrees.
    private static readonly string[] Required = ["uuid", "pci/pci_bus_id", "product_name", "fb_memory_usage/total"];
    private static readonly string[] RequiredOfMig = ["uuid", "pci/pci_bus_id"];

    public string? Problem => problem;

    public int Gpus => gpus;

    public int Values => values;

    public IReadOnlyList<Difference> Differences => differences;

    /// <summary>What nvidia-smi reported beside its XML; empty when nothing.</summary>
    public string Complaint { get; set; } = "";

    public static SmiComparison Failed(string problem) => new(problem, 0, 0, []);

    /// <param name="log">What nvidia-smi printed.</param>
    /// <param name="reports">What the plugin reported before and after that.</param>
    /// <exception cref="FormatException">It cannot be a node.</exception>
    public static SmiComparison Compare(SmiElement log, IReadOnlyList<NodeReport> reports)
    {
        var sections = log.Children.Where(element => element.Name == "gpu").ToList();
        if (sections.Count > MostGpus)
        {
            throw new FormatException($"it has {sections.Count} GPUs, and more than {MostGpus} are not compared");
        }

        var pairs = sections.Select(gpu => new Pair(gpu, reports)).ToList();
        var differences = pairs.SelectMany(pair => Compare(pair, pairs)).ToList();
        differences.AddRange(FindRepeated(pairs));
        differences.AddRange(FindUnprinted(pairs, reports[^1], differences));
        return new SmiComparison(null, pairs.Count, pairs.Sum(pair => CountValues(pair, pairs)), differences);
    }

    /// <summary>
    /// This one and an earlier one of the same node: what differed in both, and what must not differ at all. A value that moves may
    /// have moved between the two answers; another UUID is wrong however often the right one comes.
    /// </summary>
    public SmiComparison Confirming(SmiComparison earlier) => new(
        Problem, Gpus, Values,
        [
            .. earlier.Differences.Where(difference => !difference.Moves && !Differences.Any(difference.IsOfTheSame)),
            .. Differences.Where(difference => !difference.Moves || earlier.Differences.Any(difference.IsOfTheSame)),
        ])
    {
        Complaint = Complaint,
    };

    /// <summary>One of the sections is not the GPU that it says, and another GPU may have none.</summary>
    private static IEnumerable<Difference> FindRepeated(IEnumerable<Pair> pairs) => pairs
        .Where(pair => pair.Key is not null).GroupBy(pair => pair.Key)
        .Where(same => same.Count() > 1)
        .Select(same => new Difference(
            same.Key!, "gpu", $"printed {same.Count()} times", ReportPlace.DeviceId.Name,
            same.First().Last?.Uuid ?? same.First().Physical?.Uuid, moves: false));

    private static IEnumerable<Difference> FindUnprinted(
        List<Pair> pairs, NodeReport report, IReadOnlyCollection<Difference> differences) => report.Gpus
        .Select(gpu => (gpu.Key, gpu.Uuid)).Concat(report.Physical.Select(gpu => (gpu.Key, gpu.Uuid)))
        .DistinctBy(gpu => gpu.Key)
        .Where(gpu => !pairs.Exists(pair => pair.Key == gpu.Key) && !differences.Any(difference => difference.Gpu == gpu.Key))
        .Select(gpu => new Difference(gpu.Key, "gpu", NoValue, ReportPlace.DeviceId.Name, gpu.Uuid, moves: false));

    private static IEnumerable<Difference> Compare(Pair pair, IReadOnlyList<Pair> all)
    {
        if (pair.Last is null && pair.Physical is not { HasMigMode: true })
        {
            return [new Difference(pair.Name, "gpu", pair.TextOf("uuid"), ReportPlace.DeviceId.Name, null, moves: false)];
        }

        if (pair.IsMigEnabled != pair.IsReportedAsMig)
        {
            return
            [
                new Difference(
                    pair.Name, MigMode, pair.TextOf(MigMode), ReportPlace.Attribute("mig_mode").Name,
                    pair.IsReportedAsMig ? Pair.Enabled : "Disabled", moves: false),
            ];
        }

        return FindAbsent(pair).Concat(pair.IsMigEnabled ? CompareMig(pair) : CompareWhole(pair, pair.Last!, all));
    }

    private static IEnumerable<Difference> FindAbsent(Pair pair) => (pair.IsMigEnabled ? RequiredOfMig : Required)
        .Where(path => pair.Smi.Find(path) is null)
        .Select(path => new Difference(
            pair.Name, path, NoValue, ComparedFields.All.First(field => field.Path == path).Place.Name,
            pair.Last is { } last ? ComparedFields.All.First(field => field.Path == path).Place.Read(last) : null, moves: false));

    private static IEnumerable<Difference> CompareWhole(Pair pair, ReportedGpu last, IReadOnlyList<Pair> all) => ComparedFields.All
        .Where(field => pair.Has(field) && !field.Agrees(Expect(field, pair, all), pair.Read(field)))
        .Select(field => new Difference(
            pair.Name, field.Path.Split('|')[0].TrimStart('/'), pair.Describe(field), field.Place.Name,
            field.Place.Read(last), field.Moves));

    /// <summary>In MIG mode the instances are the devices.</summary>
    private static IEnumerable<Difference> CompareMig(Pair pair)
    {
        var differences = pair.Mig.Compare();
        return pair.Physical is { } known && pair.Smi.Child("uuid") is { } uuid && SmiValue.Text(uuid) != known.Uuid
            ? differences.Prepend(new Difference(pair.Name, "uuid", uuid.Text.Trim(), "UUID of the GPU", known.Uuid, moves: false))
            : differences;
    }

    /// <summary>A value of a group of equal GPUs is reported where all of them have the same.</summary>
    private static string? Expect(ComparedField field, Pair pair, IReadOnlyList<Pair> all)
    {
        var expected = field.Expect(pair.Smi);
        return field.Place.IsOfGroup && all.Any(other =>
            other.Last?.GroupName == pair.Last?.GroupName && !other.IsMigEnabled && field.Expect(other.Smi) != expected)
                ? null
                : expected;
    }

    private static int CountValues(Pair pair, IReadOnlyList<Pair> all) => pair.IsMigEnabled ? pair.Mig.CountValues()
        : pair.Last is null ? 1
        : ComparedFields.All.Count(field => pair.Has(field)
            && (Expect(field, pair, all) is not null || pair.Read(field).Any(value => value is not null)));

    private sealed class Pair(SmiElement smi, IReadOnlyList<NodeReport> reports)
    {
        public const string Enabled = "Enabled";

        private readonly ReportedGpu?[] _reported = [.. reports.Select(report => Find(report, smi))];

        public SmiElement Smi => smi;

        public ReportedGpu? Last => _reported[^1];

        /// <summary>As the plugin knows it beside its devices; null where only its output is known.</summary>
        public KnownGpu? Physical { get; } = FindPhysical(reports[^1], smi);

        /// <summary>Null for a GPU that the plugin does not have.</summary>
        public string? Key => Last?.Key ?? Physical?.Key;

        /// <summary>For the table: the address, or what else there is.</summary>
        public string Name => smi.Find("pci/pci_bus_id") is null ? TextOf("uuid") : TextOf("pci/pci_bus_id");

        public bool IsMigEnabled => TextOf(MigMode) == Enabled;

        public bool IsReportedAsMig => Last?.IsInstance ?? Physical is { HasMigMode: true };

        public MigComparison Mig => new(
            Name, smi, [.. reports[^1].Gpus.Where(gpu => gpu.Key == Key && gpu.IsInstance)]);

        public string TextOf(string path) => smi.Find(path)?.Text.Trim() ?? NoValue;

        // Older drivers print less.
        public bool Has(ComparedField field) => smi.Find(field.Path) is not null;

        public string?[] Read(ComparedField field) => [.. _reported.OfType<ReportedGpu>().Select(field.Place.Read)];

        /// <summary>The driver's own words, or what they were read as where the field has several.</summary>
        public string Describe(ComparedField field) =>
            smi.Find(field.Path) is { Children.Count: 0 } element ? element.Text.Trim() : field.Expect(smi) ?? "N/A";

        private static ReportedGpu? Find(NodeReport report, SmiElement gpu)
        {
            var (uuid, address) = IdentityOf(gpu);
            return report.Gpus.Find(candidate => candidate.Uuid == uuid)
                ?? report.Gpus.Find(candidate => address is not null && candidate.PciBusId == address);
        }

        private static KnownGpu? FindPhysical(NodeReport report, SmiElement gpu)
        {
            var (uuid, address) = IdentityOf(gpu);
            return report.Physical.FirstOrDefault(candidate => candidate.Uuid == uuid)
                ?? report.Physical.FirstOrDefault(candidate => address is not null && candidate.PciBusId == address);
        }

        private static (string? Uuid, string? Address) IdentityOf(SmiElement gpu) => (
            gpu.Child("uuid") is { } named ? SmiValue.Text(named) : null,
            gpu.Find("pci/pci_bus_id") is { } placed ? SmiValue.PciBusId(placed) : null);
    }
}
