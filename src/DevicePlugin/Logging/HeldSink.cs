using Serilog.Core;
using Serilog.Events;

namespace DevicePlugin.Logging;

/// <summary>Keeps the latest lines back until it is disposed: while a view has the terminal they would tear it.</summary>
internal sealed class HeldSink(Logger target) : ILogEventSink, IDisposable
{
    private const int MostLines = 50;

    private readonly Queue<LogEvent> _held = new();

    public void Emit(LogEvent logEvent)
    {
        lock (_held)
        {
            if (_held.Count == MostLines)
            {
                _held.Dequeue();
            }

            _held.Enqueue(logEvent);
        }
    }

    public void Dispose()
    {
        lock (_held)
        {
            while (_held.TryDequeue(out var logEvent))
            {
                target.Write(logEvent);
            }
        }

        target.Dispose();
    }
}
