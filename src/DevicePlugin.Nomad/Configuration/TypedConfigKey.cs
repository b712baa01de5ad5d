using System.Text;

namespace DevicePlugin.Nomad.Configuration;

internal sealed class TypedConfigKey<T>(string path, ValueKind<T> kind, string defaultLiteral, string description)
    : ConfigKey(path, kind.HclType, defaultLiteral, kind.Allowed, description)
{
    /// <summary>Read from the literal that Nomad gets, so that the two never differ.</summary>
    public T Default
    {
        get
        {
            var findings = new ConfigFindings();
            var value = kind.Read(JsonValues.Read(Encoding.UTF8.GetBytes(DefaultLiteral)), Path, findings, default!);
            findings.ThrowIfAnyError();
            return value;
        }
    }

    // The path of a value in a repeated block is not the key's.
    public T Read(ConfigValue value, string path, ConfigFindings findings) =>
        kind.Read(value, path, findings, Default);
}
