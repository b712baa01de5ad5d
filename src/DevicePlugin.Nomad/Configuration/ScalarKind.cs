using System.Diagnostics.CodeAnalysis;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>One value, read by a function that gives false for whatever the key does not take.</summary>
internal sealed class ScalarKind<T>(string hclType, string allowed, ScalarKind<T>.Parser parser)
    : ValueKind<T>(hclType, allowed)
{
    internal delegate bool Parser(ConfigValue value, [MaybeNullWhen(false)] out T result);

    public bool TryParse(ConfigValue value, [MaybeNullWhen(false)] out T result) => parser(value, out result);

    public override T Read(ConfigValue value, string path, ConfigFindings findings, T fallback)
    {
        if (TryParse(value, out var result))
        {
            return result;
        }

        findings.Wrong(path, value, Allowed);
        return fallback;
    }
}
