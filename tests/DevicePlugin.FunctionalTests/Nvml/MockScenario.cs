using System.Globalization;
using System.Text.Json.Nodes;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>Changes of a scenario's JSON.</summary>
internal static class MockScenario
{
    public static string With(string scenario, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(scenario)!.AsObject();
        change(root);
        return root.ToJsonString();
    }

    public static string WithDriverState(string scenario, string state) =>
        With(scenario, root => root["driver"]!["state"] = state);

    public static string WithQuirk(string scenario, string key, JsonNode value) =>
        With(scenario, root => root["driver"]![key] = value);

    public static string WithGpu(string scenario, int gpu, string key, JsonNode? value) =>
        With(scenario, root => root["gpus"]![gpu]![key] = value);

    public static string WithCall(string scenario, string function, int? gpu, string outcome) => With(scenario, root =>
    {
        root["calls"] ??= new JsonArray();
        var calls = root["calls"]!.AsArray();
        var entry = JsonNode.Parse(outcome)!.AsObject();
        entry["id"] = string.Create(CultureInfo.InvariantCulture, $"call{calls.Count}");
        entry["function"] = function;
        if (gpu is not null)
        {
            entry["gpu"] = gpu;
        }

        calls.Add((JsonNode)entry);
    });

    public static string UuidOf(this string scenario, int gpu) =>
        JsonNode.Parse(scenario)!["gpus"]![gpu]!["identity"]!["uuid"]!.GetValue<string>();

    public static string DriverVersion(this string scenario) =>
        JsonNode.Parse(scenario)!["driver"]!["version"]!.GetValue<string>();
}
