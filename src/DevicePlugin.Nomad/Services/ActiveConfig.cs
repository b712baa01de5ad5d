using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Nomad.Services;

/// <summary>The configuration in force. It is replaced whole, and whoever acts on it is told when it differs.</summary>
public sealed class ActiveConfig(Action<PluginConfig> apply)
{
    private PluginConfig? _current;

    /// <summary>The default one until the first SetConfig.</summary>
    public PluginConfig Current => Volatile.Read(ref _current) ?? PluginConfig.Default;

    /// <summary>Nomad sets the same configuration twice on a process; the second time changes nothing.</summary>
    public void Replace(PluginConfig config)
    {
        if (!config.Equals(Interlocked.Exchange(ref _current, config)))
        {
            apply(config);
        }
    }
}
