using Microsoft.Extensions.Logging;

namespace DevicePlugin.Tests;

internal sealed record LogEntry(LogLevel Level, string Category, EventId EventId, string Message, Exception? Exception);
