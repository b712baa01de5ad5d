using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class IntegerKey(KeyGroup group, string name, long lowest, long highest)
    : Key<long>(group, name), INumberKey
{
    public double Lowest => lowest;

    public double Highest => highest;

    public object FromPattern(double value) => (long)Math.Clamp(Math.Floor(value + 0.5), lowest, highest);

    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out long value) =>
        Json.TryGetInteger(element, lowest, highest, path, problems, out value);

    protected override void Write(Utf8JsonWriter writer, long value) => writer.WriteNumberValue(value);
}
