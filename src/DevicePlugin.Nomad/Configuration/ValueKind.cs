namespace DevicePlugin.Nomad.Configuration;

/// <summary>What values a key takes: its HCL type, and how a value becomes typed or is refused.</summary>
internal abstract class ValueKind<T>(string hclType, string allowed)
{
    /// <summary>HCL type expression.</summary>
    public string HclType => hclType;

    /// <summary>Completes "must be ...".</summary>
    public string Allowed => allowed;

    /// <summary>Adds what is wrong to <paramref name="findings"/> and then gives as much as could be read, or
    /// <paramref name="fallback"/>.</summary>
    public abstract T Read(ConfigValue value, string path, ConfigFindings findings, T fallback);
}
