using System.Collections.Concurrent;
using DevicePlugin.Comparison;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>
/// What nvidia-smi said of a physical node is what the plugin says of it, through NVML's ABI and through the managed
/// fake.
/// </summary>
[Platform("Linux")]
internal sealed class RealNodeTests
{
    private static readonly Dictionary<string, string> Scenarios = new()
    {
        ["h100"] = "dgx-h100",
        ["a100"] = "a100",
        ["l40s"] = "l40s",
        ["t4"] = "t4",
        ["gb200"] = "gb200",
    };

    private static readonly ConcurrentDictionary<(FakeKind, string), Lazy<Task<NodeReport>>> Outputs = [];

    private static IEnumerable<TestCaseData> Cases =>
        from fake in Enum.GetValues<FakeKind>()
        from capture in Scenarios.Keys
        from compared in ComparedFields.All
        select new TestCaseData(fake, capture, compared).SetArgDisplayNames(
            fake.ToString(), capture, compared.ToString());

    [TestCaseSource(nameof(Cases))]
    public async Task Field_OfEachGpu_IsWhatThePluginReports(FakeKind fake, string capture, ComparedField field)
    {
        var output = await ReportOf(fake, Scenarios[capture]);
        var expected = Gpus(capture).ToDictionary(gpu => gpu.Child("uuid")!.Text, field.Expect);
        if (field.Place.IsOfGroup && expected.Values.Distinct().Count() > 1)
        {
            expected = expected.Keys.ToDictionary(uuid => uuid, _ => (string?)null);
        }

        var reported = expected.Keys.Select(uuid => Describe(
            uuid, output.Gpus.FirstOrDefault(gpu => gpu.Uuid == uuid) is { } gpu ? field.Place.Read(gpu) : "no such device"));

        Assert.That(reported, Is.EqualTo(expected.Select(gpu => Describe(gpu.Key, gpu.Value))));
    }

    [Test]
    public void EveryField_IsKnownInACapture() =>
        Assert.That(
            ComparedFields.All.Where(field => !Scenarios.Keys.Any(
                capture => Gpus(capture).Any(gpu => field.Expect(gpu) is not null))),
            // No board among them has a fan.
            Is.EqualTo(ComparedFields.All.Where(field => field.Path == "fan_speed")));

    private static string Describe(string uuid, string? value) => $"{uuid}: {value ?? "not available"}";

    private static Task<NodeReport> ReportOf(FakeKind fake, string scenario) => Outputs.GetOrAdd(
        (fake, scenario),
        static key => new Lazy<Task<NodeReport>>(() => NodeOutput.ReadAsync(key.Item1, key.Item2))).Value;

    private static IEnumerable<SmiElement> Gpus(string capture) =>
        SmiXml.Read(File.ReadAllText(SmiCaptures.PathOf(capture))).Children.Where(element => element.Name == "gpu");
}
