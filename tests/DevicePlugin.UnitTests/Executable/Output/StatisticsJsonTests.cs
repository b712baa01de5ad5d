using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Output;

namespace DevicePlugin.UnitTests.Executable.Output;

internal sealed class StatisticsJsonTests
{
    [Test]
    public void Write_Sample_HasTheStableShape()
    {
        var json = JsonLine.Write(writer =>
            StatisticsJson.Write(writer, StatisticsSample.Create("GPU-a"), DateTimeOffset.UnixEpoch));

        Assert.That(json, Is.EqualTo(
            """
            {"schema_version":1,"timestamp":"2026-11-22T12:00:00.123Z","groups":[
            {"vendor":"nvidia","type":"gpu","name":"NVIDIA H100 80GB HBM3","instances":{"GPU-a":{
            "summary":{"numerator":1024,"denominator":81559,"unit":"MiB"},"stats":{
            "Bad":{"value":"NaN"},
            "GPU utilization":{"value":"N/A","unit":"%"},
            "Power usage":{"numerator":112.5,"denominator":700,"unit":"W"},
            "Temperature":{"value":41,"unit":"C"},
            "NVLink":{"Links up":{"numerator":18,"denominator":18,"unit":"#"}},
            "Row remap":{"Pending":{"value":false}}}}}}]}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public void Write_NoDevices_HasTheTimeItCame()
    {
        var json = JsonLine.Write(writer =>
            StatisticsJson.Write(writer, new StatsResponse(), DateTimeOffset.UnixEpoch));

        Assert.That(json, Is.EqualTo("""{"schema_version":1,"timestamp":"1970-01-01T00:00:00.000Z","groups":[]}"""));
    }

    [Test]
    public void Write_Instances_AreInOrderOfTheirIds()
    {
        var json = JsonLine.Write(writer =>
            StatisticsJson.Write(writer, StatisticsSample.Create("GPU-b", "GPU-a"), DateTimeOffset.UnixEpoch));

        Assert.That(json.IndexOf("GPU-a", StringComparison.Ordinal), Is.LessThan(json.IndexOf("GPU-b", StringComparison.Ordinal)));
    }
}
