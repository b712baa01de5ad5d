using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>Reads the entries of "patterns", "timeline" and "calls"; null where an entry has no use at all.</summary>
internal sealed class EntryReader(ProblemList problems)
{
    public ValuePattern? ReadPattern(JsonElement element, string path)
    {
        var values = PatternKeys.Group.Read(element, path, problems);
        var slot = (int?)values[PatternKeys.Slot];
        if (values[PatternKeys.Gpu] is not { } gpu || values[PatternKeys.Value] is not { } name
            || !values.Has(PatternKeys.Shape))
        {
            return null;
        }

        var key = slot is null
            ? GpuGroups.FindKey(name)
            : MigInstanceKeys.Group.Keys.FirstOrDefault(candidate => candidate.Name == name);
        if (key is not INumberKey)
        {
            var owner = slot is null ? "a GPU" : "a MIG instance";
            problems.Add($"{path}.value", $"{Json.Quote(name)} is no number of {owner}");
            return null;
        }

        return new ValuePattern(gpu, key, slot, values);
    }

    public TimelineEntry? ReadTimelineEntry(JsonElement element, string path)
    {
        KeyedValues? set = null, driver = null, system = null, @event = null;
        var values = TimelineKeys.Group.Read(element, path, problems, ReadPart);
        if (values[TimelineKeys.Id] is not { } id || values[TimelineKeys.At] is not { } at)
        {
            return null;
        }

        return new TimelineEntry(id, TimeSpan.FromSeconds(at), values[TimelineKeys.Gpu])
        {
            Set = set,
            Driver = driver,
            System = system,
            Event = @event?.WithoutNulls(),
        };

        bool ReadPart(JsonProperty property, string partPath)
        {
            switch (property.Name)
            {
                case "set":
                    set = new GpuReader(problems).Read(property.Value, partPath);
                    return true;
                case "driver":
                    driver = DriverKeys.Group.Read(property.Value, partPath, problems, checksRequired: false);
                    return true;
                case "system":
                    system = SystemKeys.Group.Read(property.Value, partPath, problems);
                    return true;
                case "event":
                    @event = EventKeys.Group.Read(property.Value, partPath, problems);
                    return true;
                default:
                    return false;
            }
        }
    }

    public CallFault? ReadCall(JsonElement element, string path)
    {
        var values = CallKeys.Group.Read(element, path, problems);
        return values.Has(CallKeys.Id) && values.Has(CallKeys.Function) ? new CallFault(values) : null;
    }
}
