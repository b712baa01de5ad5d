using System.Collections.Immutable;
using System.Text.Json;

namespace DevicePlugin.Metrics.Allocations;

/// <summary>The answers of Nomad's HTTP API, of which only what names a device is read.</summary>
internal static class AllocationJson
{
    /// <summary>The id of the node whose agent answered /v1/agent/self.</summary>
    /// <exception cref="JsonException">It is something else, or the agent does not run in client mode.</exception>
    public static string ReadNodeId(ReadOnlyMemory<byte> json) => Read(json, root =>
        Find(root, "stats", "client", "node_id") is { } id && Text(id) is { Length: > 0 } text
            ? text
            : throw new JsonException("the agent does not run in client mode: its answer has no node ID"));

    /// <summary>The devices of /v1/allocations?resources=true, in its order.</summary>
    /// <exception cref="JsonException">It is not a list.</exception>
    public static ImmutableArray<DeviceUse> ReadUses(ReadOnlyMemory<byte> json) => Read(json, ReadUses);

    private static T Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return read(document.RootElement);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair in a job's name is met only when the text is taken.
            throw new JsonException($"it has text that is not Unicode: {exception.Message}", exception);
        }
    }

    private static ImmutableArray<DeviceUse> ReadUses(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("the allocations are not a list");
        }

        var uses = ImmutableArray.CreateBuilder<DeviceUse>();
        foreach (var allocation in root.EnumerateArray())
        {
            if (Find(allocation, "AllocatedResources", "Tasks") is { ValueKind: JsonValueKind.Object } tasks)
            {
                foreach (var task in tasks.EnumerateObject())
                {
                    Add(uses, allocation, task);
                }
            }
        }

        return uses.ToImmutable();
    }

    private static void Add(
        ImmutableArray<DeviceUse>.Builder uses, JsonElement allocation, JsonProperty task)
    {
        foreach (var group in Entries(task.Value, "Devices"))
        {
            foreach (var id in Entries(group, "DeviceIDs"))
            {
                uses.Add(new DeviceUse(
                    Text(id), TextOf(allocation, "ID"), task.Name, TextOf(allocation, "JobID"),
                    TextOf(allocation, "Namespace")));
            }
        }
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }

    // Nomad writes null for an empty list.
    private static JsonElement.ArrayEnumerator Entries(JsonElement element, string name) =>
        Find(element, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    private static string TextOf(JsonElement element, string name) => Find(element, name) is { } value ? Text(value) : "";

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
