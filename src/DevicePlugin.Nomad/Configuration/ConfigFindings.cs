using System.Collections.Immutable;

namespace DevicePlugin.Nomad.Configuration;

/// <summary>Collects what is wrong or worth a warning, so that one answer names everything.</summary>
internal sealed class ConfigFindings
{
    private readonly ImmutableArray<ConfigError>.Builder _errors = ImmutableArray.CreateBuilder<ConfigError>();
    private readonly ImmutableArray<string>.Builder _warnings = ImmutableArray.CreateBuilder<string>();
    private int _unlisted;

    public ImmutableArray<string> Warnings => _warnings.ToImmutable();

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

    public bool HasErrorIn(string path) => _errors.Any(error => error.Key.StartsWith(path, StringComparison.Ordinal));

    public void Warn(string warning) => _warnings.Add(warning);

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
