using System.Collections.Immutable;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>Collects what is wrong or worth a warning, so that one answer names everything.</summary>
/// <param name="takesUnknownKeys">
/// Whether a key that is not known here is only a warning. Nomad decodes the block with the schema that it read when the agent
/// started: after a downgrade of the plugin, that is a later version's, and a refusal would take all GPUs from the node.
/// </param>
internal sealed class ConfigFindings(bool takesUnknownKeys = false)
{
    private const int MostNames = 8;

    private readonly ImmutableArray<ConfigError>.Builder _errors = ImmutableArray.CreateBuilder<ConfigError>();
    private readonly ImmutableArray<string>.Builder _warnings = ImmutableArray.CreateBuilder<string>();
    private readonly List<string> _unknown = [];
    private int _unlisted;

    public ImmutableArray<string> Warnings => _unknown.Count == 0 ? _warnings.ToImmutable() : [.. _warnings, DescribeUnknown()];

    public void Wrong(string path, ConfigValue value, string allowed) =>
        Wrong(() => new ConfigError(path, value.Show(), $"must be {allowed}"));

    // A function, since hostile bytes can hold many thousand errors, most of which are only counted.
    public void Wrong(Func<ConfigError> describe)
    {
        if (_errors.Count < ConfigLimits.Errors)
        {
            _errors.Add(describe());
        }
        else
        {
            _unlisted++;
        }
    }

    /// <summary>A key that this version does not have.</summary>
    public void Unknown(string path, ConfigValue value, Func<ConfigError> describe)
    {
        if (!takesUnknownKeys)
        {
            Wrong(describe);
        }
        else if (value is not (ConfigValue.Null or ConfigValue.List { Items.IsEmpty: true }))
        {
            _unknown.Add(path);
        }
    }

    public bool HasErrorIn(string path) => _errors.Any(error => error.Key.StartsWith(path, StringComparison.Ordinal));

    public void Warn(string warning) => _warnings.Add(warning);

    private string DescribeUnknown()
    {
        var names = string.Join(", ", _unknown.Take(MostNames).Select(name => $"\"{name}\""));
        var more = _unknown.Count > MostNames ? $" and {_unknown.Count - MostNames} more" : "";
        return $"This version does not know {names}{more} and ignores it: the agent has the schema of a later version. It may be a "
            + "default. If the configuration sets it, remove it before the agent is restarted, which would not start with it.";
    }

    public void ThrowIfAnyError()
    {
        if (_errors.Count == 0)
        {
            return;
        }

        if (_unlisted > 0)
        {
            _errors.Add(new ConfigError("", null, $"and {_unlisted} more"));
        }

        throw new PluginConfigException(_errors.ToImmutable());
    }
}
