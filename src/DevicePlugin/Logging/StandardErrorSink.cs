using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace DevicePlugin.Logging;

/// <summary>
/// Writes to file descriptor 2, each event with one write. Serilog's console sink goes through Console.Error, which a
/// running plugin sends to its host as output of a library that prints.
/// </summary>
internal sealed class StandardErrorSink(ITextFormatter formatter) : ILogEventSink
{
    private readonly Stream _stream = Console.OpenStandardError();
    private readonly Lock _gate = new();

    public void Emit(LogEvent logEvent)
    {
        var line = new StringWriter();
        formatter.Format(logEvent, line);
        var bytes = Encoding.UTF8.GetBytes(line.ToString());
        lock (_gate)
        {
            _stream.Write(bytes);
            _stream.Flush();
        }
    }
}
