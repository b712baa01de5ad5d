using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.KernelLog;

/// <summary>
/// What the kernel log tells of the GPUs. What it has at first goes with the first report; from then on each XID is an event,
/// unless the driver's own event tells it.
/// </summary>
internal sealed class KernelLogWatch : IDisposable
{
    // Reading even the largest log takes a fraction of this.
    private static readonly TimeSpan CatchUpLimit = TimeSpan.FromSeconds(5);

    private readonly GpuEventHub _hub;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly string? _bootId;
    private readonly KernelLogPosition? _judged;
    private readonly ImmutableArray<long> _cleared;
    private readonly KernelLogClock _clock;
    private readonly GpuAddresses _addresses;
    private readonly XidPairing _pairing;
    private readonly KernelLogReader _reader;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly XidTally _judgedBefore = new();
    private XidTally _pending = new();
    private long _last = -1;
    private int _loads;

    /// <summary>Opens the log and begins to read it. Where there is none, a line says so and nothing happens.</summary>
    /// <param name="path">The log.</param>
    /// <param name="judged">The last line that was judged already; null: none.</param>
    /// <param name="options">Where the node's files are.</param>
    /// <param name="hub">Gets the events, and has those of the driver.</param>
    /// <param name="logger">For a log that cannot be read.</param>
    /// <param name="time">Dates the lines, and measures how long a line waits for its event.</param>
    public KernelLogWatch(
        string path, KernelLogPosition? judged, NvmlOptions options, GpuEventHub hub, ILogger logger, TimeProvider time)
    {
        _hub = hub;
        _logger = logger;
        _time = time;
        _bootId = DriverLoadReader.Read(options).BootId;
        _judged = judged?.BootId == _bootId ? judged : null;
        _cleared = [.. options.ReadClearedLines().Where(line => line.BootId == _bootId).Select(line => line.Sequence)];
        _clock = new KernelLogClock(options.ProcRoot, time);
        _addresses = new GpuAddresses(options.ProcRoot);
        _pairing = new XidPairing(hub.Publish, time);
        hub.Published += OnPublished;
        _reader = new KernelLogReader(path, See, OnLost, CatchUp, logger);
    }

    /// <summary>
    /// Adds to a report what happened before its enumeration began. What cannot be told yet waits for the next one.
    /// </summary>
    public async Task<NodeReport> EnumerateAsync(
        Func<CancellationToken, Task<NodeReport>> enumerate, CancellationToken cancellationToken)
    {
        var (errors, load) = await CutAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<GpuEvent> past = [];
        try
        {
            var report = await enumerate(cancellationToken).ConfigureAwait(false);
            if (report.Driver.IsLoaded)
            {
                _addresses.SeeDevices(report.Devices);
                past = errors.Take(_addresses.Find);
                if (!report.IsPartial)
                {
                    TellUnknown(errors.Addresses);
                }
            }

            // The driver may have been reloaded in the meantime: then none of it counts any more.
            return load == Volatile.Read(ref _loads) ? report with { Past = [.. past] } : report;
        }
        finally
        {
            PutBack(errors, load);
        }
    }

    public void Dispose()
    {
        _hub.Published -= OnPublished;
        _reader.Dispose();
        _pairing.Dispose();
    }

    /// <summary>Waits until everything that was there at first was read.</summary>
    private async Task<(XidTally Errors, int Load)> CutAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _caughtUp.Task.WaitAsync(CatchUpLimit, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // An endless log must not keep the devices from Nomad. It is reported later.
            return (new XidTally(), _loads);
        }

        lock (_gate)
        {
            (var cut, _pending) = (_pending, new XidTally());
            return (cut, _loads);
        }
    }

    private void PutBack(XidTally errors, int load)
    {
        lock (_gate)
        {
            if (load == _loads)
            {
                _pending.AddEarlier(errors);
            }
        }
    }

    private void OnPublished(GpuEvent gpuEvent)
    {
        if (gpuEvent is { Kind: GpuEventKind.Xid, Line: null })
        {
            _pairing.SeeEvent(gpuEvent);
        }
    }

    private void OnLost(long lines) => _hub.Publish(new GpuEvent(GpuEventKind.LogLinesLost, null, lines));

    private void CatchUp()
    {
        if (_caughtUp.Task.IsCompleted)
        {
            return;
        }

        if (_judged is not null && _judged.Sequence > _last)
        {
            // The numbers do not continue the log that was read then: what was judged of this one is unknown.
            lock (_gate)
            {
                _pending.AddEarlier(_judgedBefore);
            }
        }

        _caughtUp.SetResult();
    }

    private void See(KernelLogRecord record)
    {
        _last = record.Sequence;
        if (!record.IsTrusted || KernelMessage.Parse(record.Text) is not { } message)
        {
            return;
        }

        switch (message.Kind)
        {
            case KernelMessageKind.DriverLoading:
                BeginLoad();
                break;
            case KernelMessageKind.GpuAddress:
                _addresses.SeeLogged(message.Address, message.Uuid);
                break;
            default:
                SeeError(message, record.Sequence, record.Microseconds);
                break;
        }
    }

    private void BeginLoad()
    {
        _addresses.ForgetLoad();
        _pairing.Clear();
        lock (_gate)
        {
            _loads++;
            _judgedBefore.Clear();
            _pending.Clear();
            _unknown.Clear();
        }
    }

    private void SeeError(KernelMessage message, long sequence, long microseconds)
    {
        var line = new KernelLogPosition(_bootId, sequence);
        var isXid = message.Kind == KernelMessageKind.Xid;
        if (isXid)
        {
            _addresses.AskKernel(message.Address);
        }

        if (!_caughtUp.Task.IsCompleted)
        {
            lock (_gate)
            {
                var tally = sequence <= _judged?.Sequence ? _judgedBefore : _pending;
                tally.Add(message, _clock.DateOf(microseconds), line, EraOf(sequence));
            }
        }
        else if (!isXid)
        {
            _hub.Publish(message.ToEvent(null) with { Line = line });
        }
        else if (_addresses.Find(message.Address) is { } uuid)
        {
            _pairing.SeeLine(message.ToEvent(uuid) with { Line = line });
        }
        else
        {
            Wait(message, line);
        }
    }

    /// <summary>How many clears came before a line: what they end is not added to what came later.</summary>
    private int EraOf(long sequence) => _cleared.Count(line => line < sequence);

    /// <summary>The GPU is not known yet, or it is gone: the next enumeration may find it.</summary>
    private void Wait(KernelMessage message, KernelLogPosition line)
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = _pending.Add(message, _time.GetUtcNow(), line, EraOf(line.Sequence));
        }

        if (isFirst)
        {
            _hub.Nudge();
        }
    }

    private void TellUnknown(IEnumerable<string> addresses)
    {
        List<string> news;
        lock (_gate)
        {
            news = [.. addresses.Where(_unknown.Add)];
        }

        news.ForEach(_logger.XidOfUnknownGpu);
    }
}
