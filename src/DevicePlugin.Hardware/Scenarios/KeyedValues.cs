using System.Collections.Immutable;
using System.Text.Json;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Scenarios;

/// <summary>
/// Values by key: what a scenario says of a GPU, the driver, the system, a MIG instance. Null under a key is
/// NOT_SUPPORTED said explicitly, which counts only where the values are laid over others.
/// </summary>
internal sealed class KeyedValues : IEquatable<KeyedValues>
{
    public static readonly KeyedValues Empty = new([]);

    private readonly ImmutableDictionary<Key, object?> _values;

    private KeyedValues(ImmutableDictionary<Key, object?> values) => _values = values;

    public IEnumerable<Key> Keys => _values.Keys;

    public string? this[Key<string> key] => (string?)Find(key);

    public long? this[Key<long> key] => (long?)Find(key);

    public double? this[Key<double> key] => (double?)Find(key);

    public bool? this[Key<bool> key] => (bool?)Find(key);

    public GpuSelector? this[GpuSelectorKey key] => (GpuSelector?)Find(key);

    public ImmutableArray<string>? this[Key<ImmutableArray<string>> key] => (ImmutableArray<string>?)Find(key);

    public ImmutableArray<long>? this[Key<ImmutableArray<long>> key] => (ImmutableArray<long>?)Find(key);

    public ImmutableArray<double>? this[Key<ImmutableArray<double>> key] => (ImmutableArray<double>?)Find(key);

    public ImmutableArray<KeyedValues>? this[ObjectListKey key] => (ImmutableArray<KeyedValues>?)Find(key);

    public object? Find(Key key) => _values.GetValueOrDefault(key);

    public bool Has(Key key) => Find(key) is not null;

    public KeyedValues With(Key key, object? value) => new(_values.SetItem(key, value));

    public KeyedValues Without(Key key) => new(_values.Remove(key));

    /// <summary>With <paramref name="upper"/> laid over these values key by key; a list replaces the list.</summary>
    public KeyedValues Under(KeyedValues upper) => new(_values.SetItems(upper._values));

    public KeyedValues WithoutNulls() => new(_values.RemoveRange(_values.Keys.Where(key => !Has(key))));

    public void WriteGroup(Utf8JsonWriter writer, KeyGroup group)
    {
        writer.WriteStartObject();
        WriteKeys(writer, group);
        writer.WriteEndObject();
    }

    public void WriteKeys(Utf8JsonWriter writer, KeyGroup group)
    {
        foreach (var key in group.Keys.Where(_values.ContainsKey))
        {
            writer.WritePropertyName(key.Name);
            if (Find(key) is { } value)
            {
                key.Write(writer, value);
            }
            else
            {
                writer.WriteNullValue();
            }
        }
    }

    public bool Equals(KeyedValues? other) =>
        other is not null && _values.Count == other._values.Count && _values.All(pair => pair.Value is { } value
            ? other.Find(pair.Key) is { } theirs && pair.Key.AreEqual(value, theirs)
            : other._values.ContainsKey(pair.Key) && !other.Has(pair.Key));

    public override bool Equals(object? obj) => Equals(obj as KeyedValues);

    // Lists hash by reference, so only the keys count.
    public override int GetHashCode() => _values.Keys.Aggregate(0, (hash, key) => hash ^ key.GetHashCode());
}
