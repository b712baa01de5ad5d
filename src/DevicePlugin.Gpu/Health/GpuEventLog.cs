using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// The log lines of the tracker's events: so many a minute, and written by <see cref="Tell"/>, after the tracker's lock is released.
/// </summary>
internal sealed class GpuEventLog(TimeProvider timeProvider, ILogger logger)
{
    private readonly LogBudget _budget = new(timeProvider);
    private readonly LateLog _late = new(logger);

    public void Tell() => _late.Tell();

    public void AddXid(GpuEvent xid, XidEntry entry, bool isPossible)
    {
        if (!_budget.TryTake(out var suppressed))
        {
            return;
        }

        AddSuppressed(suppressed);
        if (isPossible && xid.At is { } since)
        {
            _late.Add(log => log.XidFound(xid.Data, xid.GpuUuid, entry.Meaning, entry.Advice, xid.Count, since));
        }
        else if (isPossible)
        {
            _late.Add(log => log.XidSeen(xid.Data, xid.GpuUuid, entry.Meaning, entry.Advice));
        }
        else
        {
            _late.Add(log => log.XidImpossible(xid.Data, xid.GpuUuid));
        }
    }

    public void AddSwitchError(GpuEvent error)
    {
        if (_budget.TryTake(out var suppressed))
        {
            _late.Add(log => log.SwitchErrorSeen(error.Data, error.Text));
            AddSuppressed(suppressed);
        }
    }

    public void AddLinesLost(long lines) => _late.Add(log => log.KernelLogLinesLost(lines));

    public void AddUnknownGpu(string uuid) => _late.Add(log => log.EventOfUnknownGpu(uuid));

    private void AddSuppressed(long suppressed)
    {
        if (suppressed > 0)
        {
            _late.Add(log => log.XidsNotLogged(suppressed));
        }
    }
}
