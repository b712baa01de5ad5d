using System.Collections.Immutable;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>A list; each wrong item is named with its position.</summary>
internal sealed class ListKind<T>(string allowed, ScalarKind<T> items, bool refuseRepeats = false)
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
            if (!items.TryParse(item, out var result))
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
