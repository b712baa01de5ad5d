using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Connections;

/// <summary>
/// Refuses connections beyond a limit. Kestrel's own limit logs a warning for each refusal, so any client could flood the host's log.
/// Here the first refusal is logged at once, and further ones are summarized once a minute.
/// </summary>
/// <param name="most">How many connections may be open.</param>
/// <param name="listener">What they connect to, for the log.</param>
public sealed class ConnectionLimit(int most, string listener, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    public static readonly TimeSpan SummaryPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private int _open;
    private long _refused;
    private ITimer? _summary;
    private bool _isDisposed;

    /// <summary>Connection middleware, the outermost.</summary>
    public async Task GuardAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!TryEnter())
        {
            connection.Abort(new ConnectionAbortedException("Too many connections are open."));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            lock (_lock)
            {
                _open--;
            }
        }
    }

    public void Dispose()
    {
        ITimer? summary;
        lock (_lock)
        {
            _isDisposed = true;
            (summary, _summary) = (_summary, null);
        }

        summary?.Dispose();
        TellRefused();
    }

    private bool TryEnter()
    {
        var isFirst = false;
        lock (_lock)
        {
            if (_open < most)
            {
                _open++;
                return true;
            }

            if (_summary is null && !_isDisposed)
            {
                isFirst = true;
                _summary = timeProvider.CreateTimer(_ => Summarize(), null, SummaryPeriod, SummaryPeriod);
            }
            else
            {
                _refused++;
            }
        }

        if (isFirst)
        {
            logger.ConnectionRefused(listener, most);
        }

        return false;
    }

    private void Summarize()
    {
        if (TellRefused())
        {
            return;
        }

        // No refusal for a minute: the next one is logged at once.
        ITimer? summary;
        lock (_lock)
        {
            if (_refused > 0)
            {
                return;
            }

            (summary, _summary) = (_summary, null);
        }

        summary?.Dispose();
    }

    private bool TellRefused()
    {
        long refused;
        lock (_lock)
        {
            (refused, _refused) = (_refused, 0);
        }

        if (refused > 0)
        {
            logger.ConnectionsRefused(refused, listener);
        }

        return refused > 0;
    }
}
