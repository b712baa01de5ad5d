using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>
/// One key of the format. Reading, checking, writing, merging and comparing go over these tables, so that a key is
/// declared in one place (and described in hwmocks/scenario.schema.json, which a test holds against the tables).
/// </summary>
internal abstract class Key(KeyGroup group, string name)
{
    public KeyGroup Group => group;

    public string Name => name;

    /// <summary>As a pattern names it: <c>power.usage_watts</c>.</summary>
    public string Path => group.Name.Length == 0 ? name : $"{group.Name}.{name}";

    /// <returns>The value, or null after a problem was noted.</returns>
    public abstract object? Read(JsonElement element, string path, ProblemList problems);

    public abstract void Write(Utf8JsonWriter writer, object value);

    public virtual bool AreEqual(object left, object right) => left.Equals(right);

    public override string ToString() => Path;
}
