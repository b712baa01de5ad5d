using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

internal sealed class TextKey(KeyGroup group, string name, int? maxLength, Regex? pattern) : Key<string>(group, name)
{
    public int? MaxLength => maxLength;

    public Regex? Pattern => pattern;

    protected override bool TryRead(JsonElement element, string path, ProblemList problems, out string value)
    {
        value = "";
        if (!Json.TryGetText(element, path, problems, out var text))
        {
            return false;
        }

        // NVML's buffers hold bytes and a closing NUL.
        if (text.Contains('\0'))
        {
            problems.Add(path, "holds a NUL character, which ends a text in NVML");
            return false;
        }

        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes > maxLength)
        {
            problems.Add(path, $"has {bytes} bytes, more than the {maxLength} that NVML's buffer holds");
            return false;
        }

        if (pattern?.IsMatch(text) == false)
        {
            var form = pattern.ToString().Replace(@"\z", "$", StringComparison.Ordinal);
            problems.Add(path, $"{Json.Quote(text)} does not have the form {form}");
            return false;
        }

        value = text;
        return true;
    }

    protected override void Write(Utf8JsonWriter writer, string value) => writer.WriteStringValue(value);
}
