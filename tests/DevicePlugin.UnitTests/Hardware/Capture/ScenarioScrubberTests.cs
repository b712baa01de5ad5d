using System.Text;
using DevicePlugin.Hardware.Capture;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Capture;

internal sealed class ScenarioScrubberTests
{
    [Test]
    public void Identifiers_BecomeStandIns_TheSameOneEverywhere()
    {
        var scrubbed = Scrub(
            """
            {"description": "d", "driver": {"state": "loaded"}, "gpus": [
              {"identity": {"name": "A", "uuid": "GPU-3d127e06-0000-4000-8000-aaaaaaaaaaaa", "serial": "1321020012345"},
               "processes": {"compute": [{"pid": 9, "name": "/home/ada/x"}, {"pid": 8, "name": "y"},
                                         {"pid": 7, "name": "/home/ada/x"}]},
               "mig": {"enabled": true, "max_instances": 7, "instances": [
                 {"slot": 0, "gpu_instance": 1, "compute_instance": 0, "name": "A MIG 1g.5gb",
                  "uuid": "MIG-GPU-3d127e06-0000-4000-8000-aaaaaaaaaaaa/1/0"}]}},
              {"identity": {"name": "A", "uuid": "GPU-7afd2211-0000-4000-8000-bbbbbbbbbbbb", "serial": "1321020012345"},
               "fabric": {"state": "completed", "cluster_uuid": "00000000-0000-0000-0000-000000000000"},
               "platform": {"chassis_serial": "1820000000001"}}],
             "patterns": [{"gpu": "GPU-7afd2211-0000-4000-8000-bbbbbbbbbbbb", "value": "thermal.gpu_c",
                           "shape": "constant", "low": 40}],
             "timeline": [{"id": "t", "at": 1, "gpu": "GPU-7afd2211-0000-4000-8000-bbbbbbbbbbbb",
                           "set": {"processes": {"compute": [{"pid": 5, "name": "y"}]}}}],
             "calls": [{"id": "c", "function": "nvmlDeviceGetName", "gpu": "GPU-3d127e06-0000-4000-8000-aaaaaaaaaaaa",
                        "return": "UNKNOWN"}]}
            """);

        Assert.That(scrubbed, Is.EqualTo(Parse(
            """
            {"description": "d", "driver": {"state": "loaded"}, "gpus": [
              {"identity": {"name": "A", "uuid": "GPU-00000000-0000-0000-0000-000000000001", "serial": "0000000000001"},
               "processes": {"compute": [{"pid": 9, "name": "process-1"}, {"pid": 8, "name": "process-2"},
                                         {"pid": 7, "name": "process-1"}]},
               "mig": {"enabled": true, "max_instances": 7, "instances": [
                 {"slot": 0, "gpu_instance": 1, "compute_instance": 0, "name": "A MIG 1g.5gb",
                  "uuid": "MIG-GPU-00000000-0000-0000-0000-000000000001/1/0"}]}},
              {"identity": {"name": "A", "uuid": "GPU-00000000-0000-0000-0000-000000000002", "serial": "0000000000001"},
               "fabric": {"state": "completed", "cluster_uuid": "00000000-0000-0000-0000-000000000000"},
               "platform": {"chassis_serial": "CHASSIS000001"}}],
             "patterns": [{"gpu": "GPU-00000000-0000-0000-0000-000000000002", "value": "thermal.gpu_c",
                           "shape": "constant", "low": 40}],
             "timeline": [{"id": "t", "at": 1, "gpu": "GPU-00000000-0000-0000-0000-000000000002",
                           "set": {"processes": {"compute": [{"pid": 5, "name": "process-2"}]}}}],
             "calls": [{"id": "c", "function": "nvmlDeviceGetName", "gpu": "GPU-00000000-0000-0000-0000-000000000001",
                        "return": "UNKNOWN"}]}
            """)));
    }

    [TestCaseSource(typeof(ScenarioLibrary), nameof(ScenarioLibrary.Names))]
    public void BuiltIn_Scrubbed_IsValidAndScrubbingItAgainChangesNothing(string name)
    {
        var scrubbed = ScenarioScrubber.Scrub(ScenarioLibrary.Open(name));

        Assert.That(Parse(scrubbed.ToJson()), Is.EqualTo(scrubbed));
        Assert.That(ScenarioScrubber.Scrub(scrubbed), Is.EqualTo(scrubbed));
    }

    private static Scenario Scrub(string json) => ScenarioScrubber.Scrub(Parse(json));

    private static Scenario Parse(string json) => Scenario.Parse(Encoding.UTF8.GetBytes(json));
}
