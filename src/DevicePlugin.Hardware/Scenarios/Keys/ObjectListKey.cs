using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class ObjectListKey(KeyGroup group, string name, KeyGroup items) : ListKey<KeyedValues>(group, name)
{
    public KeyGroup Items => items;

    protected override bool TryReadItem(
        JsonElement element, string path, ProblemList problems, out KeyedValues item)
    {
        // In a list nothing is merged: null and absent are the same.
        item = items.Read(element, path, problems).WithoutNulls();
        return true;
    }

    protected override void WriteItem(Utf8JsonWriter writer, KeyedValues item) => item.WriteGroup(writer, items);
}
