using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>A set of words; kept in the order of <see cref="Words"/>, so that equal sets are equal.</summary>
internal sealed class WordListKey(KeyGroup group, string name, ImmutableArray<string> words)
    : ListKey<string>(group, name)
{
    public ImmutableArray<string> Words => words;

    protected override bool TryRead(
        JsonElement element, string path, ProblemList problems, out ImmutableArray<string> value)
    {
        if (!base.TryRead(element, path, problems, out value))
        {
            return false;
        }

        if (value.Distinct().Count() < value.Length)
        {
            problems.Add(path, "names a word twice");
            return false;
        }

        value = [.. words.Where(value.Contains)];
        return true;
    }

    protected override bool TryReadItem(JsonElement element, string path, ProblemList problems, out string item)
    {
        if (!Json.TryGetText(element, path, problems, out item))
        {
            return false;
        }

        if (!words.Contains(item))
        {
            problems.Add(path, $"{Json.Quote(item)} is none of {string.Join(", ", words)}");
            return false;
        }

        return true;
    }

    protected override void WriteItem(Utf8JsonWriter writer, string item) => writer.WriteStringValue(item);
}
