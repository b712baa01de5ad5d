using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>From JSON to a checked scenario, or to one exception with everything that is wrong.</summary>
internal sealed class ScenarioReader
{
    public const int MostGpus = 1024;

    private readonly ProblemList _problems = new();
    private readonly EntryReader _entries;

    // Elements of the file by the name of its parts; an absent one stays undefined.
    private readonly Dictionary<string, JsonElement> _parts = [];

    private ScenarioReader() => _entries = new EntryReader(_problems);

    public static Scenario Read(ReadOnlyMemory<byte> utf8Json)
    {
        try
        {
            using var document = JsonDocument.Parse(WithoutByteOrderMark(utf8Json));
            return new ScenarioReader().Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            var at = $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}";
            throw new ScenarioException($"$: no JSON at {at}: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // JsonElement.GetString and JsonProperty.Name meet escapes that are no Unicode text only when asked.
            throw new ScenarioException($"$: holds text that is not Unicode: {exception.Message}", exception);
        }
    }

    private static ReadOnlyMemory<byte> WithoutByteOrderMark(ReadOnlyMemory<byte> utf8Json) =>
        utf8Json.Span.StartsWith("\uFEFF"u8) ? utf8Json[3..] : utf8Json;

    private Scenario Read(JsonElement root)
    {
        var values = ScenarioKeys.Group.Read(root, "$", _problems, TakePart);
        var models = ReadModels();
        var scenario = new Scenario(values[ScenarioKeys.Description] ?? "", ReadDriver(), ReadGpus(models))
        {
            Source = values[ScenarioKeys.Source],
            System = _parts.TryGetValue("system", out var system)
                ? SystemKeys.Group.Read(system, "$.system", _problems).WithoutNulls()
                : KeyedValues.Empty,
            Patterns = ReadList("patterns", _entries.ReadPattern),
            Timeline = ReadList("timeline", _entries.ReadTimelineEntry),
            Calls = ReadList("calls", _entries.ReadCall),
        };

        // What follows from several keys is checked on keys that are good by themselves.
        if (_problems.All.Count == 0)
        {
            new ScenarioValidator(scenario, _problems).Validate();
        }

        return _problems.All.Count == 0 ? scenario : throw new ScenarioException(_problems.All);
    }

    private bool TakePart(JsonProperty property, string path)
    {
        if (property.Name is not ("driver" or "system" or "models" or "gpus" or "patterns" or "timeline" or "calls"))
        {
            return false;
        }

        _parts[property.Name] = property.Value;
        return true;
    }

    private KeyedValues ReadDriver()
    {
        if (_parts.TryGetValue("driver", out var driver))
        {
            return DriverKeys.Group.Read(driver, "$.driver", _problems).WithoutNulls();
        }

        _problems.Add("$.driver", "is missing");
        return KeyedValues.Empty;
    }

    private Dictionary<string, KeyedValues> ReadModels()
    {
        var models = new Dictionary<string, KeyedValues>();
        if (!_parts.TryGetValue("models", out var element) || !Json.IsObject(element, "$.models", _problems))
        {
            return models;
        }

        foreach (var model in element.EnumerateObject())
        {
            var path = Json.Member("$.models", model.Name);
            var values = new GpuReader(_problems).Read(model.Value, path);
            if (!models.TryAdd(model.Name, values))
            {
                _problems.Add(path, "is there twice");
            }

            foreach (var own in new Key[] { IdentityKeys.Uuid, PciKeys.BusId }.Where(values.Has))
            {
                _problems.Add($"{path}.{own.Path}", "belongs to one GPU and cannot be in a model");
            }
        }

        return models;
    }

    private ImmutableArray<KeyedValues> ReadGpus(Dictionary<string, KeyedValues> models)
    {
        if (!_parts.ContainsKey("gpus"))
        {
            _problems.Add("$.gpus", "is missing");
        }

        var gpus = ReadList("gpus", (element, path) =>
            ResolvedGpu.Of(new GpuReader(_problems).Read(element, path, models)));
        if (gpus.Length > MostGpus)
        {
            _problems.Add("$.gpus", $"has {gpus.Length} entries, more than {MostGpus}");
        }

        return gpus;
    }

    private ImmutableArray<T> ReadList<T>(string part, Func<JsonElement, string, T?> readItem)
        where T : class
    {
        if (!_parts.TryGetValue(part, out var element))
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            _problems.Add($"$.{part}", $"must be a list, not {Json.Describe(element)}");
            return [];
        }

        return [.. element.EnumerateArray().Select((item, index) => readItem(item, $"$.{part}[{index}]")).OfType<T>()];
    }
}
