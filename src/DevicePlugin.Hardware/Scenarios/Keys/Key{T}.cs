using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal abstract class Key<T>(KeyGroup group, string name) : Key(group, name)
    where T : notnull
{
    public sealed override object? Read(JsonElement element, string path, ProblemList problems) =>
        TryRead(element, path, problems, out var value) ? value : null;

    public sealed override void Write(Utf8JsonWriter writer, object value) => Write(writer, (T)value);

    protected abstract bool TryRead(JsonElement element, string path, ProblemList problems, out T value);

    protected abstract void Write(Utf8JsonWriter writer, T value);
}
