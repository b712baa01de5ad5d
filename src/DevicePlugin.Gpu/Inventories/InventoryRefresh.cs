using System.Globalization;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Operations;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// One look at the node: takes the settings up, reads the hardware unless an operator or a reset has the driver, and publishes what
/// came of it. Only the monitor's loop runs it.
/// </summary>
internal sealed class InventoryRefresh(
    HealthKeeper keeper, CordonList cordons, MaintenanceWatch maintenance, DriverLending lending, InventoryPublisher publisher,
    ILogger logger)
{
    private readonly HeldFacts _facts = new(logger);
    private MonitorSettings? _taken;
    private MonitorSettings? _lentUnder;
    private BackendSession? _session;

    public required HealthTracker Health { get; init; }

    public required Func<MonitorSettings, Task<BackendSession>> OpenSession { get; init; }

    public KnownGpus Known { get; } = new(logger);

    /// <summary>The backend of the latest inventory; null before the first stream and while disabled.</summary>
    public IGpuBackend? Backend => Volatile.Read(ref _session)?.Backend;

    /// <summary>What the latest enumeration found, without what is kept since an earlier one.</summary>
    public NodeReport? Report { get; private set; }

    /// <summary>False when nothing here may touch the hardware, the listeners included.</summary>
    public async Task<bool> RunAsync(MonitorSettings settings, CancellationToken stopping)
    {
        Take(settings);
        if (maintenance.Look(settings) is { } work)
        {
            await RestAsync(work, settings, stopping).ConfigureAwait(false);
            return true;
        }

        if (lending.Current is { } loan)
        {
            await LendAsync(loan, settings).ConfigureAwait(false);
            return false;
        }

        await ReadAsync(await OpenAsync(settings).ConfigureAwait(false), settings, stopping).ConfigureAwait(false);
        return true;
    }

    public async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RestAsync(Maintenance work, MonitorSettings settings, CancellationToken stopping)
    {
        // Told first: a call that hangs may keep the driver for seconds.
        var text = work.Reason.Length > 0 ? $"maintenance: {work.Reason}" : "maintenance";
        keeper.Save();
        var report = NodeReport.Without(DriverState.Maintenance, text);
        publisher.Expect(Known.TakeMissing(report));
        publisher.Publish(report, settings, _session?.Backend?.IsSimulated, MonitorSettings.NoObstacles);
        await ReleaseSessionAsync().ConfigureAwait(false);
        await settings.FindObstacles(publisher.Current, stopping).ConfigureAwait(false);
    }

    private async Task LendAsync(DriverLoan loan, MonitorSettings settings)
    {
        keeper.Save();
        _lentUnder = _session?.Settings ?? _lentUnder;
        await ReleaseSessionAsync().ConfigureAwait(false);
        if (Report is null)
        {
            PublishUnread(loan, settings);
        }

        lending.NoteReleased(loan);
    }

    private async Task<BackendSession> OpenAsync(MonitorSettings settings)
    {
        // Before the driver is opened: what happens from then on is not covered by the operator's word.
        if (maintenance.TakeDeclared() is { } declared)
        {
            Health.DeclareReset(declared.HasReset);
        }

        if (_session is { } open && open.Settings == settings)
        {
            return open;
        }

        await ReleaseSessionAsync().ConfigureAwait(false);
        Health.SetMonitored(true);
        if (_lentUnder != settings)
        {
            _facts.Clear();
            if (settings.Known.ExpectsThem)
            {
                _facts.Recall(Known.Memory);
            }
        }

        _lentUnder = null;
        var session = await OpenSession(settings).ConfigureAwait(false);
        Volatile.Write(ref _session, session);
        return session;
    }

    private async Task ReadAsync(BackendSession session, MonitorSettings settings, CancellationToken stopping)
    {
        // Before the hardware is asked, which may take its time: the process could be killed meanwhile.
        keeper.Save();
        var mark = Health.Begin();
        var report = session.Backend is { } backend
            ? _facts.Apply(Known.Complete(await backend.EnumerateAsync(stopping).ConfigureAwait(false)))
            : NodeReport.Without(DriverState.Disabled, "the configuration says enabled = false");
        Report = report;
        var missing = Known.TakeMissing(report);
        publisher.Expect(missing);
        session.WarnOfConfiguration(report with { Devices = report.Devices.AddRange(missing) }, logger);
        report = await settings.Attend(report, stopping).ConfigureAwait(false);
        Health.Observe(report, mark);
        var isSimulated = session.Backend?.IsSimulated;
        var obstacles = await settings.FindObstacles(publisher.Preview(report, settings, isSimulated), stopping)
            .ConfigureAwait(false);
        publisher.Publish(report, settings, isSimulated, obstacles);

        // Not earlier: until then, an event would publish the GPU as it was read before its reset.
        if (lending.EndHold(UnreadOf(report)))
        {
            publisher.PublishAgain();
        }

        Known.Keep(report, publisher.Keeps);
        keeper.Save();
    }

    private static IEnumerable<string> UnreadOf(NodeReport report) => report.Unread.Concat(
        report.Devices.Where(device => device.Faults.Any(fault => fault.Kind == DeviceFaultKind.NotRead))
            .Select(device => device.PhysicalUuid));

    /// <summary>
    /// Publishes what is known if nothing has been published by the deadline. No device is healthy before it has been examined.
    /// </summary>
    public void PublishUnfinished(TimeSpan deadline)
    {
        if (_taken is not { } settings)
        {
            publisher.PublishUnlessKnown(Unanswered(deadline), settings: null, deadline);
            return;
        }

        var report = Report is { } read && read.Driver.State != DriverState.Disabled ? read : Known.Complete(Unanswered(deadline));
        publisher.PublishUnlessKnown(report, settings, deadline);
    }

    private static NodeReport Unanswered(TimeSpan deadline) => NodeReport.Without(
        DriverState.Failed, string.Create(CultureInfo.InvariantCulture, $"no answer within {deadline.TotalSeconds:0.###} s"))
        with
    { IsPartial = true };

    /// <summary>Nomad fails a task whose device is not listed: those that an earlier process had are, without being offered.</summary>
    private void PublishUnread(DriverLoan loan, MonitorSettings settings)
    {
        var report = new NodeReport(
            new DriverStatus(DriverState.Maintenance, loan.Text) { Advice = "wait until the reset is over" }, []);
        publisher.Expect(Known.TakeMissing(report));
        publisher.Publish(report, settings, isSimulated: null, MonitorSettings.NoObstacles);
    }

    private void Take(MonitorSettings settings)
    {
        if (settings == _taken)
        {
            return;
        }

        // The first of them to be loaded takes the lock of the records, from where on operators ask for cordons.
        cordons.Configure(settings.Cordons);
        keeper.Configure(settings.Health);
        Known.Configure(settings.Known);
        if (_taken is null && ResetCordon.FindLoan(cordons.Record, settings.IsResetting) is { } loan)
        {
            lending.TryLend(loan);
            logger.ResetGoesOn(loan.Gpu, loan.To);
        }

        _taken = settings;
        publisher.Clear();
    }

    private async Task ReleaseSessionAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is { } session)
        {
            await session.ReleaseAsync().ConfigureAwait(false);
        }
    }
}
