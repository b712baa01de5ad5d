using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal abstract class ListKey<T>(KeyGroup group, string name) : Key<ImmutableArray<T>>(group, name)
    where T : notnull
{
    public sealed override bool AreEqual(object left, object right) =>
        ((ImmutableArray<T>)left).SequenceEqual((ImmutableArray<T>)right);

    protected override bool TryRead(
        JsonElement element, string path, ProblemList problems, out ImmutableArray<T> value)
    {
        value = [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            problems.Add(path, $"must be a list, not {Json.Describe(element)}");
            return false;
        }

        var items = ImmutableArray.CreateBuilder<T>();
        var isGood = true;
        foreach (var entry in element.EnumerateArray())
        {
            isGood &= TryReadItem(entry, $"{path}[{items.Count}]", problems, out var item);
            items.Add(item);
        }

        value = items.ToImmutable();
        return isGood;
    }

    protected sealed override void Write(Utf8JsonWriter writer, ImmutableArray<T> value)
    {
        writer.WriteStartArray();
        foreach (var item in value)
        {
            WriteItem(writer, item);
        }

        writer.WriteEndArray();
    }

    protected abstract bool TryReadItem(JsonElement element, string path, ProblemList problems, out T item);

    protected abstract void WriteItem(Utf8JsonWriter writer, T item);
}
