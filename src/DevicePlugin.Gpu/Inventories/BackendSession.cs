using DevicePlugin.Gpu.Sharing;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>A backend for as long as the settings that asked for it stand, and the watcher of its events.</summary>
internal sealed class BackendSession : IAsyncDisposable
{
    private readonly EventWatcher? _events;
    private readonly HashSet<(SharingFindingKind Kind, string Where)> _told = [];
    private bool _unknownIdsWarned;

    private BackendSession(MonitorSettings settings, IGpuBackend? backend, EventWatcher? events)
    {
        Settings = settings;
        Backend = backend;
        _events = events;
    }

    public MonitorSettings Settings { get; }

    /// <summary>Null while the configuration disables the plugin.</summary>
    public IGpuBackend? Backend { get; }

    /// <summary>
    /// Returns when events are being listened to, so that none falls between them and the first enumeration.
    /// </summary>
    public static async Task<BackendSession> OpenAsync(
        MonitorSettings settings, Action<GpuEvent> onEvent, Action<bool> onMonitored, TimeProvider timeProvider,
        ILogger logger)
    {
        if (!settings.Enabled)
        {
            return new BackendSession(settings, null, null);
        }

        var backend = settings.OpenBackend();
        var events = new EventWatcher(backend, onEvent, onMonitored, timeProvider, logger);
        await events.Listening.ConfigureAwait(false);
        return new BackendSession(settings, backend, events);
    }

    /// <summary>
    /// Each thing once: ids and patterns without a device as soon as the driver could have shown it, mistakes in sharing
    /// whenever a device shows them.
    /// </summary>
    public void WarnOfConfiguration(NodeReport report, ILogger logger)
    {
        if (!report.Driver.IsLoaded)
        {
            return;
        }

        WarnOfUnknownIds(report, logger);
        var offered = report.Devices.Where(device => !Settings.Filter.Hides(device));
        foreach (var finding in SharingReview.FindMistakes(Settings.Sharing, offered))
        {
            if (_told.Add((finding.Kind, finding.Where)))
            {
                logger.SharingIsWrong(finding.What, finding.Advice);
            }
        }
    }
    /// <summary>Leaves the hardware to others while the process goes on.</summary>
    public async Task ReleaseAsync()
    {
        if (_events is not null)
        {
            await _events.DisposeAsync().ConfigureAwait(false);
        }

        if (Backend is not null)
        {
            await Backend.ReleaseAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_events is not null)
        {
            await _events.DisposeAsync().ConfigureAwait(false);
        }

        if (Backend is not null)
        {
            await Backend.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void WarnOfUnknownIds(NodeReport report, ILogger logger)
    {
        if (_unknownIdsWarned || report.IsPartial)
        {
            return;
        }

        _unknownIdsWarned = true;
        foreach (var id in Settings.Filter.UnknownIds(report.Devices))
        {
            logger.IgnoredIdIsUnknown(id);
        }

        foreach (var finding in SharingReview.FindUnmatched(Settings.Sharing, report.Devices))
        {
            logger.SharingMatchesNothing(finding.What, finding.Advice);
        }
    }
}
