using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>What a spec of any program defines, as far as names go.</summary>
/// <param name="Kind">Vendor and class of its devices; null when it has none that matters.</param>
/// <param name="Names">Of its devices.</param>
public sealed record CdiSpecContent(string? Kind, ImmutableHashSet<string> Names)
{
    /// <summary>
    /// Why it could not be understood; null when it was. A runtime may be more lenient than this reader, so such a spec counts
    /// as one of <see cref="CdiNames.Kind"/> when that is in it.
    /// </summary>
    public string? Problem { get; init; }

    /// <param name="text">JSON or YAML, whatever the file is called: a runtime takes either for either.</param>
    public static CdiSpecContent Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            return FromJson(text);
        }
        catch (JsonException)
        {
            return FromYaml(text.Span);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair, which System.Text.Json meets only when a name is compared. A runtime in Go reads on.
            return Unclear(exception.Message, text.Span);
        }
    }

    /// <param name="problem">Why the text says nothing more.</param>
    /// <param name="text">As much of the spec as is known.</param>
    public static CdiSpecContent Unclear(string problem, ReadOnlySpan<byte> text) =>
        new(text.IndexOf(Encoding.UTF8.GetBytes(CdiNames.Kind)) >= 0 ? CdiNames.Kind : null, []) { Problem = problem };

    private static CdiSpecContent FromJson(ReadOnlyMemory<byte> text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        var names = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        if (FindProperty(root, "devices") is { ValueKind: JsonValueKind.Array } devices)
        {
            foreach (var device in devices.EnumerateArray())
            {
                if (FindText(device, "name") is { } name)
                {
                    names.Add(name);
                }
            }
        }

        return FindText(root, "kind") is { } kind
            ? new CdiSpecContent(kind, names.ToImmutable())
            : Unclear("it has no kind", text.Span);
    }

    private static CdiSpecContent FromYaml(ReadOnlySpan<byte> text)
    {
        try
        {
            return CdiYaml.Read(Encoding.UTF8.GetString(text));
        }
        catch (Exception exception)
        {
            // Somebody else's file: whatever is wrong with it must not keep ours from being written.
            return Unclear($"it is neither JSON nor YAML of a CDI spec ({exception.Message})", text);
        }
    }

    private static JsonElement? FindProperty(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) ? found : null;

    private static string? FindText(JsonElement element, string name) =>
        FindProperty(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
