using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class DecimalListKey(KeyGroup group, string name, double lowest, double highest)
    : ListKey<double>(group, name)
{
    protected override bool TryReadItem(JsonElement element, string path, ProblemList problems, out double item) =>
        Json.TryGetDecimal(element, lowest, highest, path, problems, out item);

    protected override void WriteItem(Utf8JsonWriter writer, double item) => writer.WriteNumberValue(item);
}
