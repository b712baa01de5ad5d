using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Whether the node is under maintenance, as the loop last knew it, and which GPUs were declared reset meanwhile. The loop and
/// a timer come to it.
/// </summary>
internal sealed class MaintenanceWatch(ILogger logger)
{
    private readonly Lock _gate = new();
    private Maintenance? _current;

    // The latest word of the file, until it is gone and the GPUs can be probed.
    private Maintenance? _declared;

    /// <summary>Looks, for the loop: what it says from here on goes by this. Null while there is no maintenance.</summary>
    public Maintenance? Look(MonitorSettings settings)
    {
        var seen = settings.Enabled ? settings.ReadMaintenance() : null;
        lock (_gate)
        {
            _current = seen;
            Note(seen);
        }

        return seen;
    }

    /// <summary>Looks in between. True when maintenance began or ended since the loop looked.</summary>
    public bool HasChanged(MonitorSettings settings)
    {
        if (!settings.Enabled)
        {
            return false;
        }

        var seen = settings.ReadMaintenance();
        lock (_gate)
        {
            Note(seen);
            return seen is not null != _current is not null;
        }
    }

    /// <summary>What the maintenance that has ended declared reset, once; null when it declared nothing.</summary>
    public Maintenance? TakeDeclared()
    {
        lock (_gate)
        {
            var declared = _declared;
            _declared = null;
            return declared;
        }
    }

    private void Note(Maintenance? seen)
    {
        // It may have ended since the file was read, and then nothing of it counts for what comes later.
        if (seen is null || _current is null)
        {
            return;
        }

        if (seen.DeclaresReset && _declared is null)
        {
            logger.ResetDeclared(seen.ResetsAll ? "all GPUs" : string.Join(", ", seen.Resets));
        }

        _declared = seen.DeclaresReset ? seen : null;
    }
}
