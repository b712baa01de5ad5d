using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>A value as MessagePack or JSON carried it, before any key says what it should be.</summary>
internal abstract record ConfigValue
{
    private const int ShownCharacters = 64;
    private const int ShownItems = 4;

    /// <summary>The value as a person would write it, shortened.</summary>
    public abstract string Show();

    private static string Quote(string text)
    {
        var shown = new StringBuilder("\"");
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, ShownCharacters)))
        {
            _ = character switch
            {
                '"' or '\\' => shown.Append('\\').Append(character),
                _ when char.IsControl(character) || char.IsSurrogate(character) =>
                    shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => shown.Append(character),
            };
        }

        return shown.Append(text.Length > ShownCharacters ? "...\"" : "\"").ToString();
    }

    internal sealed record Null : ConfigValue
    {
        public override string Show() => "null";
    }

    internal sealed record Flag(bool Value) : ConfigValue
    {
        public override string Show() => Value ? "true" : "false";
    }

    /// <summary>
    /// A number in decimal notation, perhaps with an exponent: every other type would lose digits of some number.
    /// </summary>
    internal sealed record Number(string Digits) : ConfigValue
    {
        public override string Show() =>
            Digits.Length > ShownCharacters ? $"{Digits.AsSpan(0, ShownCharacters)}..." : Digits;
    }

    internal sealed record Text(string Value) : ConfigValue
    {
        public override string Show() => Quote(Value);
    }

    internal sealed record List(ImmutableArray<ConfigValue> Items) : ConfigValue
    {
        public override string Show()
        {
            var shown = string.Join(", ", Items.Take(ShownItems).Select(item => item.Show()));
            return Items.Length > ShownItems ? $"[{shown}, ...]" : $"[{shown}]";
        }
    }

    /// <summary>The entries in the order written; a name may be there twice.</summary>
    internal sealed record Block(ImmutableArray<KeyValuePair<string, ConfigValue>> Entries) : ConfigValue
    {
        public override string Show() => Entries.IsEmpty ? "{}" : "{...}";
    }

    /// <summary>Something that no key takes, such as cty's "unknown".</summary>
    internal sealed record Foreign(string What) : ConfigValue
    {
        public override string Show() => What;
    }
}
