using System.Text.Json.Nodes;

namespace DevicePlugin.Nomad.Agent;

/// <summary>What the configuration of Nomad's agent says that concerns its plugins.</summary>
public sealed class AgentConfig
{
    private readonly Dictionary<string, JsonObject?> _plugins = new(StringComparer.Ordinal);

    /// <summary>Where the plugins are: as written, or under <c>data_dir</c>; null without both.</summary>
    public string? PluginDir { get; private set; }

    /// <summary>Whether the agent runs jobs at all; Nomad looks at its plugins only then.</summary>
    public bool IsClient { get; private set; }

    /// <summary>The labels of the <c>plugin</c> blocks, in their order.</summary>
    public IReadOnlyList<string> PluginLabels => [.. _plugins.Keys];

    /// <summary>The <c>config</c> of a plugin's block; null where there is no such block, or none in it.</summary>
    public JsonObject? ConfigOf(string plugin) => _plugins.GetValueOrDefault(plugin);

    /// <summary>
    /// Reads a file, or the files of a folder in the order of their names, of which the last word counts: <c>.hcl</c>, and
    /// <c>.json</c> with the same names.
    /// </summary>
    /// <param name="path">Of the file or the folder.</param>
    /// <param name="readText">Reads a file.</param>
    /// <exception cref="FormatException">One of them is neither; the message names file and line.</exception>
    public static AgentConfig Read(string path, Func<string, string> readText)
    {
        var files = Directory.Exists(path)
            ? Directory.GetFiles(path).Where(file => Path.GetExtension(file) is ".hcl" or ".json").Order().ToList()
            : [path];
        var config = new AgentConfig();
        string? dataDir = null;
        string? pluginDir = null;
        foreach (var file in files)
        {
            var root = ReadFile(file, readText(file));
            dataDir = Text(root["data_dir"]) ?? dataDir;
            pluginDir = Text(root["plugin_dir"]) ?? pluginDir;
            config.Add(root);
        }

        // Nomad command/agent/command.go.
        config.PluginDir = pluginDir ?? (dataDir is null ? null : Path.Join(dataDir, "plugins"));
        return config;
    }

    private static JsonObject ReadFile(string file, string text)
    {
        try
        {
            return text.AsSpan().TrimStart().StartsWith("{")
                ? StrictJson.Parse(text) as JsonObject ?? []
                : HclReader.Read(text);
        }
        catch (Exception exception) when (exception is FormatException or System.Text.Json.JsonException)
        {
            throw new FormatException($"{file}: {exception.Message}", exception);
        }
    }

    private void Add(JsonObject root)
    {
        foreach (var client in Bodies(root["client"]))
        {
            IsClient = client["enabled"] is JsonValue value && value.TryGetValue<bool>(out var enabled)
                ? enabled
                : IsClient;
        }

        foreach (var (label, body) in Bodies(root["plugin"]).SelectMany(block => block))
        {
            _plugins[label] = Bodies(body).SelectMany(block => Bodies(block["config"])).FirstOrDefault();
        }
    }

    /// <summary>A block is an object, or an array of them.</summary>
    private static IEnumerable<JsonObject> Bodies(JsonNode? node) => node switch
    {
        JsonObject body => [body],
        JsonArray bodies => bodies.OfType<JsonObject>(),
        _ => [],
    };

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
