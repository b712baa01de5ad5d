using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace DevicePlugin.Logging;

/// <summary>Where logs go: lines of hclog for a host, lines for a person on stderr otherwise.</summary>
internal sealed class PluginLogging : IDisposable
{
    private readonly LoggingLevelSwitch _level;
    private readonly LoggingLevelSwitch _frameworkLevel = new(LogEventLevel.Warning);
    private readonly Logger _logger;

    private PluginLogging(LoggingLevelSwitch level, LoggerConfiguration configuration)
    {
        _level = level;
        _logger = configuration
            .MinimumLevel.ControlledBy(level)
            // The framework tells at Information what each request is, and Nomad makes one a second.
            .MinimumLevel.Override("Microsoft", _frameworkLevel)
            .MinimumLevel.Override("Grpc", _frameworkLevel)
            .CreateLogger();
        Factory = new SerilogLoggerFactory(_logger);
    }

    public ILoggerFactory Factory { get; }

    public static PluginLogging ToHost()
    {
        var sink = new StandardErrorSink(new HclogFormatter());

        // What led to a crash is worth the most, and is on its way still.
        AppDomain.CurrentDomain.UnhandledException += (_, _) => sink.Dispose();
        return new PluginLogging(new LoggingLevelSwitch(), new LoggerConfiguration().WriteTo.Sink(sink));
    }

    /// <summary>For commands: only what a person should know, on stderr, since stdout is the command's answer.</summary>
    public static PluginLogging ToPerson() => new(new LoggingLevelSwitch(LogEventLevel.Warning), Person());

    /// <summary>Errors, when it is disposed: for a command that has the terminal until then and shows states itself.</summary>
    public static PluginLogging ToPersonAfterwards() => new(
        new LoggingLevelSwitch(LogEventLevel.Error),
        new LoggerConfiguration().WriteTo.Sink(new HeldSink(Person().CreateLogger())));

    public void SetLevel(LogLevel level)
    {
        _level.MinimumLevel = LevelConvert.ToSerilogLevel(level);
        _frameworkLevel.MinimumLevel = (LogEventLevel)Math.Max((int)_level.MinimumLevel, (int)LogEventLevel.Warning);
    }

    public void Dispose()
    {
        Factory.Dispose();
        _logger.Dispose();
    }

    private static LoggerConfiguration Person() => new LoggerConfiguration().WriteTo.Console(
        outputTemplate: "{Level:w}: {Message:lj}{NewLine}{Exception}",
        formatProvider: System.Globalization.CultureInfo.InvariantCulture,
        standardErrorFromLevel: LogEventLevel.Verbose);
}
