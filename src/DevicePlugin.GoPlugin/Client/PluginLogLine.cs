using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.GoPlugin.Client;

/// <summary>One line of a plugin's stderr: an event of hclog's JSON format, or plain text.</summary>
/// <param name="Level">Debug for plain text, as in go-plugin's client.go.</param>
/// <param name="Message">The <c>@message</c> of the event, or the whole line.</param>
/// <param name="Module">The <c>@module</c>; null for plain text.</param>
/// <param name="Line">What was written, unchanged.</param>
public sealed record PluginLogLine(LogLevel Level, string Message, string? Module, string Line)
{
    public static PluginLogLine Parse(string line)
    {
        if (line.StartsWith('{') && TryParseEvent(line) is { } parsed)
        {
            return parsed;
        }

        // A Go runtime that dies says so in plain text (go-plugin client.go looks for the same two words).
        var fatal = line.StartsWith("panic: ", StringComparison.Ordinal) ||
            line.StartsWith("fatal error: ", StringComparison.Ordinal);
        return new PluginLogLine(fatal ? LogLevel.Error : LogLevel.Debug, line, null, line);
    }

    private static PluginLogLine? TryParseEvent(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return Text(root, "@message") is { } message
                ? new PluginLogLine(ParseLevel(Text(root, "@level")), message, Text(root, "@module"), line)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an unpaired surrogate, which the reader notices only when it reads that text.
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) &&
        value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static LogLevel ParseLevel(string? level) => level switch
    {
        "trace" => LogLevel.Trace,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Debug,
    };
}
