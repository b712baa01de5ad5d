using System.Text.Json;
using System.Text.Json.Nodes;
using DevicePlugin.Nomad.Agent;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Docker's <c>daemon.json</c>.</summary>
internal static class DockerSettings
{
    public const string FilePath = "/etc/docker/daemon.json";

    public static bool HasDocker(Examination node) =>
        node.Files.HasFile(FilePath) || node.Files.HasFile("/run/docker.sock") || node.Files.HasFile("/usr/bin/dockerd");

    /// <summary>Null where there is no file, or none that Docker would start with.</summary>
    /// <param name="node">Where the file is.</param>
    /// <param name="problem">Why Docker would not.</param>
    public static JsonObject? Read(Examination node, out string? problem)
    {
        problem = null;
        try
        {
            var settings = StrictJson.Parse(node.Files.ReadText(FilePath) ?? "{}")?.AsObject();
            _ = settings?["runtimes"]?.AsObject();
            return settings;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = exception.Message;
            return null;
        }
    }

    /// <summary>The text of a key; null where it is absent, empty or something else.</summary>
    public static string? FindText(JsonObject? settings, string key) =>
        settings?[key] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
