using System.Text;
using DevicePlugin.GoPlugin.Stdio;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;

namespace DevicePlugin.Logging;

/// <summary>
/// Writes to file descriptor 2, each event with one write. Serilog's console sink goes through Console.Error, which a
/// running plugin sends to its host as output of a library that prints. A host that stops reading must not stop the plugin, which
/// logs on every path.
/// </summary>
internal sealed class StandardErrorSink : ILogEventSink, IDisposable
{
    private readonly ITextFormatter _formatter;
    private readonly LogQueue _queue;

    public StandardErrorSink(ITextFormatter formatter)
    {
        _formatter = formatter;
        _queue = new LogQueue(StandardStreams.IsErrorWritable ? Console.OpenStandardError() : Stream.Null, TellDropped);
    }

    public void Emit(LogEvent logEvent) => _queue.Add(Format(logEvent));

    public void Dispose() => _queue.Dispose();

    private byte[] TellDropped(long lines) => Format(new LogEvent(
        DateTimeOffset.Now, LogEventLevel.Warning, exception: null,
        new MessageTemplateParser().Parse("{Lines} lines of the log were dropped here, because the host did not read them in time."),
        [new LogEventProperty("Lines", new ScalarValue(lines))]));

    private byte[] Format(LogEvent logEvent)
    {
        var line = new StringWriter();
        _formatter.Format(logEvent, line);
        return Encoding.UTF8.GetBytes(line.ToString());
    }
}
