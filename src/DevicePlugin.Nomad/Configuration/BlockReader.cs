namespace DevicePlugin.Nomad.Configuration;

/// <summary>The values of one block; one that is absent reads as all defaults.</summary>
internal sealed class BlockReader
{
    private readonly string _path;
    private readonly string _block;
    private readonly ConfigFindings _findings;
    private readonly Dictionary<string, ConfigValue> _values = [];

    // A path is such as "sharing[1]" and the block's name in the table then "sharing"; both are empty at the top.
    public BlockReader(string path, string block, ConfigValue value, ConfigFindings findings)
    {
        _path = path;
        _block = block;
        _findings = findings;
        switch (value)
        {
            case ConfigValue.Null:
                break;
            case ConfigValue.Block entries:
                Fill(entries);
                break;
            default:
                findings.Wrong(path, value, "a block");
                break;
        }
    }

    public T Read<T>(TypedConfigKey<T> key)
    {
        if (!_values.TryGetValue(key.Name, out var value) || value is ConfigValue.Null)
        {
            return key.Default;
        }

        return key.Read(value, PathOf(key.Name), _findings);
    }

    /// <summary>A block that may be there once. JSON may write it as an array of one, as HCL's JSON does.</summary>
    public BlockReader Block(string name)
    {
        var value = Value(name);
        if (value is ConfigValue.List { Items: var items })
        {
            if (items.Length > 1)
            {
                _findings.Wrong(
                    () => new ConfigError(PathOf(name), $"{items.Length} blocks", "must be there once at most"));
            }

            value = items.Length == 1 ? items[0] : new ConfigValue.Null();
        }

        return new BlockReader(PathOf(name), name, value, _findings);
    }

    /// <summary>The blocks of a name that may be repeated.</summary>
    public IReadOnlyList<BlockReader> Blocks(string name)
    {
        var value = Value(name);
        if (value is not ConfigValue.List list)
        {
            if (value is not ConfigValue.Null)
            {
                _findings.Wrong(PathOf(name), value, "a list of blocks");
            }

            return [];
        }

        return [.. list.Items.Select((item, i) => new BlockReader($"{PathOf(name)}[{i}]", name, item, _findings))];
    }

    private ConfigValue Value(string name) => _values.GetValueOrDefault(name) ?? new ConfigValue.Null();

    private string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    private void Fill(ConfigValue.Block entries)
    {
        var known = ConfigSchema.KeysOf(_block).Select(key => key.Name).ToHashSet();
        if (_block.Length == 0)
        {
            known.UnionWith(ConfigSchema.Blocks.Select(block => block.Name));
        }

        foreach (var (name, value) in entries.Entries)
        {
            if (!known.Contains(name))
            {
                var path = PathOf(KeySuggestion.Shorten(name));
                _findings.Unknown(path, value, () => new ConfigError(
                    path, null, $"is no key of this plugin; did you mean \"{KeySuggestion.Nearest(_block, name)}\"?"));
            }
            else if (!_values.TryAdd(name, value))
            {
                _findings.Wrong(() => new ConfigError(PathOf(name), value.Show(), "is there twice; write it once"));
            }
        }
    }
}
