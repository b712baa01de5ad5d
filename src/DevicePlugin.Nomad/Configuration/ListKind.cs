using System.Collections.Immutable;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>A list; each wrong item is named with its position.</summary>
/// <param name="allowed">What it is, for messages and the documentation.</param>
/// <param name="items">What is in it.</param>
/// <param name="refuseRepeats">Whether an item may be there once only.</param>
/// <param name="retired">A word that was allowed once, and what to write instead.</param>
internal sealed class ListKind<T>(
    string allowed, ScalarKind<T> items, bool refuseRepeats = false, (string Word, string Advice)? retired = null)
    : ValueKind<EquatableArray<T>>($"list({items.HclType})", allowed)
{
    public override EquatableArray<T> Read(
        ConfigValue value, string path, ConfigFindings findings, EquatableArray<T> fallback)
    {
        if (value is not ConfigValue.List list)
        {
            findings.Wrong(path, value, Allowed);
            return fallback;
        }

        var results = ImmutableArray.CreateBuilder<T>();
        for (var i = 0; i < list.Items.Length; i++)
        {
            var item = list.Items[i];
            if (item is ConfigValue.Text { Value: var word } && word == retired?.Word)
            {
                findings.Wrong(() => new ConfigError($"{path}[{i}]", item.Show(), retired.Value.Advice));
            }
            else if (!items.TryParse(item, out var result))
            {
                findings.Wrong($"{path}[{i}]", item, items.Allowed);
            }
            else if (refuseRepeats && results.Contains(result))
            {
                findings.Wrong(() => new ConfigError($"{path}[{i}]", item.Show(), "is there twice; name it once"));
            }
            else
            {
                results.Add(result);
            }
        }

        return results.DrainToImmutable();
    }
}
