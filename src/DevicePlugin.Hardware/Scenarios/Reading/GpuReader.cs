using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>Reads a GPU, a model, or the "set" of a timeline entry: the groups are objects inside.</summary>
internal sealed class GpuReader(ProblemList problems)
{
    /// <summary>
    /// What is there, explicit nulls included, over the model where one is named. Without <paramref name="models"/>,
    /// "model" is no key.
    /// </summary>
    public KeyedValues Read(JsonElement element, string path, IReadOnlyDictionary<string, KeyedValues>? models = null)
    {
        var nested = KeyedValues.Empty;
        var model = KeyedValues.Empty;
        var own = GpuKeys.Group.Read(element, path, problems, ReadGroup, checksRequired: false);
        return model.Under(nested).Under(own);

        bool ReadGroup(JsonProperty property, string groupPath)
        {
            if (property.Name == "model" && models is not null)
            {
                model = FindModel(property.Value, groupPath, models);
                return true;
            }

            if (GpuGroups.Find(property.Name) is not { } group)
            {
                return false;
            }

            nested = nested.Under(property.Value.ValueKind == JsonValueKind.Null
                ? group.Keys.Aggregate(KeyedValues.Empty, (values, key) => values.With(key, null))
                : group.Read(property.Value, groupPath, problems));
            return true;
        }
    }

    private KeyedValues FindModel(
        JsonElement element, string path, IReadOnlyDictionary<string, KeyedValues> models)
    {
        if (!Json.TryGetText(element, path, problems, out var name))
        {
            return KeyedValues.Empty;
        }

        if (models.TryGetValue(name, out var model))
        {
            return model;
        }

        problems.Add(path, $"{Json.Quote(name)} is not among the models of this file");
        return KeyedValues.Empty;
    }
}
