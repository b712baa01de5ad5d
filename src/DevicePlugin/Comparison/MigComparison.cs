using System.Globalization;

namespace DevicePlugin.Comparison;

/// <summary>
/// The MIG instances of one GPU. nvidia-smi's XML has the memory and the size of each, in some drivers its UUID, and never its profile.
/// Without UUIDs nothing says which instance is which: then all values of a field are compared, in the order of their size.
/// </summary>
internal sealed class MigComparison(string gpu, SmiElement smi, IReadOnlyList<ReportedGpu> reported)
{
    private const string Separator = ", ";

    private static readonly ComparedField Uuid = new("uuid", ReportPlace.DeviceId, SmiValue.Text);

    private static readonly ComparedField[] Values =
    [
        new("fb_memory_usage/total", ReportPlace.Attribute("memory"), SmiValue.Number) { Slack = 1 },
        new("device_attributes/shared/multiprocessor_count", ReportPlace.Attribute("sm_count"), SmiValue.Number),
    ];

    private readonly List<SmiElement> _printed =
        smi.Child("mig_devices")?.Children.Where(child => child.Name == "mig_device").ToList() ?? [];

    public int CountValues() => 1 + Fields.Sum(_ => _printed.Count);

    public IEnumerable<Difference> Compare()
    {
        if (_printed.Count != reported.Count)
        {
            return [new Difference(gpu, "mig_devices", Text(_printed.Count), "number of MIG devices", Text(reported.Count), moves: false)];
        }

        return Fields.Select(Compare).OfType<Difference>();
    }

    // Older drivers print less.
    private IEnumerable<ComparedField> Fields =>
        Values.Prepend(Uuid).Where(one => _printed.Count > 0 && _printed.TrueForAll(instance => instance.Find(one.Path) is not null));

    private Difference? Compare(ComparedField field)
    {
        var areNamed = _printed.TrueForAll(instance => Uuid.Expect(instance) is not null)
            && _printed.Select(Uuid.Expect).Order(StringComparer.Ordinal)
                .SequenceEqual(reported.Select(instance => instance.Uuid).Order(StringComparer.Ordinal));
        List<string?> expected = [.. Order(_printed, areNamed ? Uuid.Expect : field.Expect).Select(field.Expect)];
        List<string?> found = [.. Order(reported, areNamed ? Uuid.Place.Read : field.Place.Read).Select(field.Place.Read)];
        return expected.Zip(found, (one, other) => field.Agrees(one, [other])).All(agrees => agrees)
            ? null
            : new Difference(
                gpu, $"mig_device/{field.Path}", Describe(expected), field.Place.Name, Describe(found), moves: false);
    }

    // Numbers have no leading zeros.
    private static IEnumerable<T> Order<T>(IEnumerable<T> instances, Func<T, string?> key) =>
        instances.OrderBy(instance => key(instance)?.Length ?? 0).ThenBy(key, StringComparer.Ordinal);

    private static string Describe(IEnumerable<string?> values) => string.Join(Separator, values.Select(value => value ?? "N/A"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
