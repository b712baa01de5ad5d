using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class FlagKey(KeyGroup group, string name) : Key<bool>(group, name)
{
    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out bool value)
    {
        value = element.ValueKind == JsonValueKind.True;
        if (value || element.ValueKind == JsonValueKind.False)
        {
            return true;
        }

        problems.Add(path, $"must be true or false, not {Json.Describe(element)}");
        return false;
    }

    protected override void Write(Utf8JsonWriter writer, bool value) => writer.WriteBooleanValue(value);
}
