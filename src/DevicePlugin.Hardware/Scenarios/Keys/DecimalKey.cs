using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class DecimalKey(KeyGroup group, string name, double lowest, double highest)
    : Key<double>(group, name), INumberKey
{
    private const double PatternSteps = 1000;

    public double Lowest => lowest;

    public double Highest => highest;

    public object FromPattern(double value) =>
        Math.Clamp(Math.Floor((value * PatternSteps) + 0.5) / PatternSteps, lowest, highest);

    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out double value) =>
        Json.TryGetDecimal(element, lowest, highest, path, problems, out value);

    protected override void Write(Utf8JsonWriter writer, double value) => writer.WriteNumberValue(value);
}
