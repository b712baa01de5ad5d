using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class GpuSelectorKey(KeyGroup group, string name) : Key<GpuSelector>(group, name)
{
    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out GpuSelector value)
    {
        value = GpuSelector.All;
        if (element.ValueKind == JsonValueKind.Number)
        {
            var isGood = Json.TryGetInteger(element, 0, int.MaxValue, path, problems, out var position);
            value = new GpuSelector((int)position, null);
            return isGood;
        }

        if (!Json.TryGetText(element, path, problems, out var text))
        {
            return false;
        }

        value = GpuSelector.FromText(text);
        return true;
    }

    protected override void Write(Utf8JsonWriter writer, GpuSelector value)
    {
        if (value.Position is { } position)
        {
            writer.WriteNumberValue(position);
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }
}
