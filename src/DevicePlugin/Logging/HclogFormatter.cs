using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace DevicePlugin.Logging;

/// <summary>
/// One JSON object a line, as go-plugin reads a plugin's stderr (log_entry.go, client.go): what is no such line is logged
/// at DEBUG whatever it says, a line over 64 KB is cut into pieces, and the timestamp must have six fraction digits.
/// </summary>
internal sealed class HclogFormatter : ITextFormatter
{
    // JSON may write one character as six bytes; both texts together stay under go-plugin's 64 KB.
    private const int LongestMessage = 4000;
    private const int LongestException = 6000;

    // "l": a text is written as it is, where Serilog would quote it.
    private static readonly MessageTemplateTextFormatter Message = new("{Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("@level"u8, LevelOf(logEvent.Level));
            json.WriteString("@message"u8, Shorten(Render(logEvent), LongestMessage));
            json.WriteString("@module"u8, ModuleOf(logEvent));
            json.WriteString("@timestamp"u8,
                logEvent.Timestamp.ToString("yyyy-MM-ddTHH:mm:ss.ffffffzzz", CultureInfo.InvariantCulture));
            if (logEvent.Exception is { } exception)
            {
                json.WriteString("exception"u8, Shorten(exception.ToString(), LongestException));
            }

            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    private static string Render(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Message.Format(logEvent, text);
        return text.ToString();
    }

    private static string LevelOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warn",
        _ => "error",
    };

    /// <summary>The class that logs, without its namespace: <c>nomad-device-gpu.InventoryMonitor</c>.</summary>
    private static string ModuleOf(LogEvent logEvent) =>
        logEvent.Properties.TryGetValue("SourceContext", out var property)
        && property is ScalarValue { Value: string context }
            ? $"{BuildInfo.Name}.{context[(context.LastIndexOf('.') + 1)..]}"
            : BuildInfo.Name;

    private static string Shorten(string text, int length) =>
        text.Length <= length ? text : $"{text.AsSpan(0, length)}... ({text.Length} characters)";
}
