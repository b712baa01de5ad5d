using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>One of some words; where the key is open, also the number of a value that has no word yet.</summary>
internal sealed class WordKey(KeyGroup group, string name, ImmutableArray<string> words, bool isOpen)
    : Key<string>(group, name)
{
    public ImmutableArray<string> Words => words;

    public bool IsOpen => isOpen;

    /// <summary>NVML's number of a word; for keys with their words in the order of NVML's codes.</summary>
    public uint CodeOf(string word) => words.IndexOf(word) is var index and >= 0
        ? (uint)index
        : uint.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture);

    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out string value)
    {
        value = "";
        if (isOpen && element.ValueKind == JsonValueKind.Number)
        {
            if (!element.TryGetUInt32(out var number))
            {
                problems.Add(path, $"{element} is not a number from 0 to {uint.MaxValue}");
                return false;
            }

            value = number.ToString(CultureInfo.InvariantCulture);
            return true;
        }

        if (!Json.TryGetText(element, path, problems, out var text))
        {
            return false;
        }

        if (!words.Contains(text))
        {
            var others = isOpen ? ", or a number" : "";
            problems.Add(path, $"{Json.Quote(text)} is none of {string.Join(", ", words)}{others}");
            return false;
        }

        value = text;
        return true;
    }

    protected override void Write(Utf8JsonWriter writer, string value)
    {
        if (uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(value);
        }
    }
}
