using DevicePlugin.Comparison;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>
/// What nvidia-smi said of a physical node is what the plugin says of it, through NVML's ABI and through the managed
/// fake.
/// </summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
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

    [Test]
    public async Task Fields_OfEachGpu_AreWhatThePluginReports(
        [Values] FakeKind fake, [Values("h100", "a100", "l40s", "t4", "gb200")] string capture)
    {
        var output = await NodeOutput.ReadAsync(fake, Scenarios[capture]);

        var differences = ComparedFields.All.SelectMany(field => Differences(field, capture, output)).ToList();

        Assert.That(differences, Is.Empty);
    }

    [Test]
    public void EveryField_IsKnownInACapture() =>
        Assert.That(
            ComparedFields.All.Where(field => !Scenarios.Keys.Any(
                capture => Gpus(capture).Any(gpu => field.Expect(gpu) is not null))),
            // No board among them has a fan.
            Is.EqualTo(ComparedFields.All.Where(field => field.Path == "fan_speed")));

    private static IEnumerable<string> Differences(ComparedField field, string capture, NodeReport output)
    {
        var expected = Gpus(capture).ToDictionary(gpu => gpu.Child("uuid")!.Text, field.Expect);
        var differsInGroup = field.Place.IsOfGroup && expected.Values.Distinct().Count() > 1;
        foreach (var (uuid, value) in expected)
        {
            var said = differsInGroup ? null : value;
            var reported = output.Gpus.FirstOrDefault(gpu => gpu.Uuid == uuid) is { } gpu ? field.Place.Read(gpu) : "no such device";
            if (reported != said)
            {
                yield return $"{field} of {uuid}: nvidia-smi says {said ?? "N/A"}, the plugin {reported ?? "N/A"}";
            }
        }
    }

    private static IEnumerable<SmiElement> Gpus(string capture) =>
        SmiXml.Read(File.ReadAllText(SmiCaptures.PathOf(capture))).Children.Where(element => element.Name == "gpu");
}
