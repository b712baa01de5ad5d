using System.Text;
using DevicePlugin.Hardware.Scenarios;

namespace DevicePlugin.UnitTests.Hardware.Scenarios;

/// <summary>Small scenarios: a node of one or two GPUs with what a test is about.</summary>
internal static class ScenarioText
{
    public const string Gpu0 = "GPU-00000000-0000-0000-0000-00000000000a";
    public const string Gpu1 = "GPU-00000000-0000-0000-0000-00000000000b";

    /// <summary>
    /// Two GPUs. The arguments are JSON members of the first one, of the file and of the driver; ' stands for ".
    /// </summary>
    public static string Of(string first = "", string more = "", string driver = "'state': 'loaded'") =>
        $$"""
        {
          "description": "a node for a test",
          "driver": { {{driver}} },
          "gpus": [
            { {{Prefix(first)}} "identity": { "uuid": "{{Gpu0}}", "name": "NVIDIA Zero" } },
            { "identity": { "uuid": "{{Gpu1}}", "name": "NVIDIA One" } }
          ]
          {{(more.Length == 0 ? "" : "," + more)}}
        }
        """.Replace('\'', '"');

    public static Scenario Parse(string json) => Scenario.Parse(Encoding.UTF8.GetBytes(json));

    public static ScenarioSource Source(string json) => new("test", null, () => Encoding.UTF8.GetBytes(json));

    public static IReadOnlyList<string> ProblemsOf(string json)
    {
        try
        {
            Parse(json);
            return [];
        }
        catch (ScenarioException exception)
        {
            return exception.Problems;
        }
    }

    private static string Prefix(string members) => members.Length == 0 ? "" : members + ",";
}
