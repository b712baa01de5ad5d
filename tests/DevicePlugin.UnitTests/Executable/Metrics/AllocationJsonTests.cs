using System.Text;
using System.Text.Json;
using DevicePlugin.Metrics.Allocations;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class AllocationJsonTests
{
    [Test]
    public void ReadUses_AListOfAllocations_NamesEachDeviceOfEachTask()
    {
        const string Json = """
            [{"ID": "a-1", "Namespace": "ml", "JobID": "train", "Name": "train.gpu[0]", "AllocatedResources": {"Tasks": {
               "main": {"Cpu": {"CpuShares": 100}, "Devices": [
                 {"Vendor": "nvidia", "Type": "gpu", "Name": "NVIDIA L4", "DeviceIDs": ["GPU-a", "GPU-b::3"]}]},
               "side": {"Devices": null}}}},
             {"ID": "a-2", "JobID": "web", "AllocatedResources": null},
             {"ID": "a-3"}, 7]
            """;

        Assert.That(AllocationJson.ReadUses(Encoding.UTF8.GetBytes(Json)), Is.EqualTo(new[]
        {
            new DeviceUse("GPU-a", "a-1", "main", "train", "ml"),
            new DeviceUse("GPU-b::3", "a-1", "main", "train", "ml"),
        }));
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("<html>")]
    [TestCase("")]
    [TestCase("""[{"AllocatedResources":{"Tasks":{"t":{"Devices":[{"DeviceIDs":["\ud800"]}]}}}}]""")]
    public void ReadUses_SomethingElse_IsRefused(string json)
    {
        Assert.That(() => AllocationJson.ReadUses(Encoding.UTF8.GetBytes(json)), Throws.InstanceOf<JsonException>());
    }

    [Test]
    public void ReadNodeId_OfAClient_IsTheOneInItsStatistics()
    {
        var json = """{"config": {}, "stats": {"client": {"node_id": "n-1"}}}"""u8.ToArray();

        Assert.That(AllocationJson.ReadNodeId(json), Is.EqualTo("n-1"));
    }

    [TestCase("""{"stats": {}}""")]
    [TestCase("""{"stats": {"client": {"node_id": ""}}}""")]
    [TestCase("""[]""")]
    [TestCase("""{"stats": {"\ud800": 1}}""")]
    public void ReadNodeId_OfAnAgentThatIsNoClient_IsRefused(string json)
    {
        Assert.That(() => AllocationJson.ReadNodeId(Encoding.UTF8.GetBytes(json)), Throws.InstanceOf<JsonException>());
    }
}
