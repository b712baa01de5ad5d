using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using DevicePlugin.Hardware.Scenarios.Reading;

namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>The keys of one JSON object, in the order in which they are written.</summary>
/// <param name="name">Name of the object in a GPU; empty for the GPU itself and for objects elsewhere.</param>
/// <param name="allowsNull">Whether null, NOT_SUPPORTED, is a value here.</param>
internal sealed class KeyGroup(string name, bool allowsNull = true)
{
    /// <summary>The largest number that every JSON reader keeps exact.</summary>
    public const long MaxCount = 9_007_199_254_740_991;

    public const int MaxMiB = 1 << 30;

    public const double MaxSeconds = 1e9;

    private readonly List<Key> _keys = [];
    private readonly List<Key> _required = [];
    private readonly List<Key> _neverNull = [];

    public string Name => name;

    public IReadOnlyList<Key> Keys => _keys;

    public IReadOnlyList<Key> Required => _required;

    public TextKey Text(string key, int? maxLength = null, Regex? pattern = null) =>
        Add(new TextKey(this, key, maxLength, pattern));

    public WordKey Word(string key, ImmutableArray<string> words) =>
        Add(new WordKey(this, key, words, isOpen: true));

    public WordKey ClosedWord(string key, ImmutableArray<string> words) =>
        Add(new WordKey(this, key, words, isOpen: false));

    public IntegerKey Integer(string key, long lowest, long highest) =>
        Add(new IntegerKey(this, key, lowest, highest));

    public IntegerKey Count(string key) => Integer(key, 0, MaxCount);

    public IntegerKey Percent(string key) => Integer(key, 0, 100);

    public DecimalKey Decimal(string key, double lowest, double highest) =>
        Add(new DecimalKey(this, key, lowest, highest));

    public DecimalKey MiB(string key) => Decimal(key, 0, MaxMiB);

    public DecimalKey Seconds(string key, double lowest = 0) => Decimal(key, lowest, MaxSeconds);

    public FlagKey Flag(string key) => Add(new FlagKey(this, key));

    public WordListKey WordList(string key, ImmutableArray<string> words) =>
        Add(new WordListKey(this, key, words));

    public IntegerListKey IntegerList(string key, long lowest, long highest) =>
        Add(new IntegerListKey(this, key, lowest, highest));

    public DecimalListKey DecimalList(string key, double lowest, double highest) =>
        Add(new DecimalListKey(this, key, lowest, highest));

    public ObjectListKey ObjectList(string key, KeyGroup items) =>
        Add(new ObjectListKey(this, key, items));

    public GpuSelectorKey GpuSelector(string key) => Add(new GpuSelectorKey(this, key));

    public TKey Require<TKey>(TKey key)
        where TKey : Key
    {
        _required.Add(key);
        return NeverNull(key);
    }

    public TKey NeverNull<TKey>(TKey key)
        where TKey : Key
    {
        _neverNull.Add(key);
        return key;
    }

    public bool AllowsNull(Key key) => allowsNull && !_neverNull.Contains(key);

    /// <summary>
    /// Reads an object of this group and notes what is wrong with it; what is right is returned. Properties that are no
    /// key of the group go to <paramref name="readsElsewhere"/>, which says whether it knows them. An object that is
    /// laid over another needs not be complete.
    /// </summary>
    public KeyedValues Read(
        JsonElement element,
        string path,
        ProblemList problems,
        Func<JsonProperty, string, bool>? readsElsewhere = null,
        bool checksRequired = true)
    {
        var values = KeyedValues.Empty;
        if (!Json.IsObject(element, path, problems))
        {
            return values;
        }

        var seen = new HashSet<string>();
        foreach (var property in element.EnumerateObject())
        {
            var keyPath = Json.Member(path, property.Name);
            if (!seen.Add(property.Name))
            {
                problems.Add(keyPath, "is there twice");
            }
            else if (_keys.Find(key => key.Name == property.Name) is { } key)
            {
                values = ReadValue(key, property.Value, keyPath, problems, values);
            }
            else if (readsElsewhere?.Invoke(property, keyPath) != true)
            {
                problems.Add(keyPath, "is no key that is known here");
            }
        }

        if (checksRequired)
        {
            foreach (var missing in _required.Where(key => !seen.Contains(key.Name)))
            {
                problems.Add(Json.Member(path, missing.Name), "is missing");
            }
        }

        return values;
    }

    private KeyedValues ReadValue(
        Key key, JsonElement element, string path, ProblemList problems, KeyedValues values)
    {
        if (element.ValueKind == JsonValueKind.Null)
        {
            if (AllowsNull(key))
            {
                return values.With(key, null);
            }

            problems.Add(path, "must not be null");
            return values;
        }

        return key.Read(element, path, problems) is { } value ? values.With(key, value) : values;
    }

    private TKey Add<TKey>(TKey key)
        where TKey : Key
    {
        _keys.Add(key);
        return key;
    }
}
