using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class IntegerListKey(KeyGroup group, string name, long lowest, long highest)
    : ListKey<long>(group, name)
{
    public long Lowest => lowest;

    public long Highest => highest;

    protected override bool TryReadItem(JsonElement element, string path, ProblemList problems, out long item) =>
        Json.TryGetInteger(element, lowest, highest, path, problems, out item);

    protected override void WriteItem(Utf8JsonWriter writer, long item) => writer.WriteNumberValue(item);
}
