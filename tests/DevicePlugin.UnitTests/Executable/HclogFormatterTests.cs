using System.Text.Json;
using DevicePlugin.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace DevicePlugin.UnitTests.Executable;

internal sealed class HclogFormatterTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 23, 3, 4, 5, TimeSpan.FromHours(1));

    [Test]
    public void Format_AnyEvent_IsOneLineWithTheFieldsOfHclog()
    {
        var line = Format(Event(
            "Device \"{Id}\" has\n{Count} errors.",
            new LogEventProperty("Id", new ScalarValue("GPU-1")),
            new LogEventProperty("Count", new ScalarValue(3)),
            new LogEventProperty("SourceContext", new ScalarValue("DevicePlugin.Gpu.Inventories.InventoryMonitor"))));

        Assert.That(line, Does.EndWith("\n").And.Not.Matches("\n."));
        using var json = JsonDocument.Parse(line);
        Assert.That(
            json.RootElement.EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetString()),
            Is.EqualTo(new Dictionary<string, string?>
            {
                ["@level"] = "info",
                ["@message"] = "Device \"GPU-1\" has\n3 errors.",
                ["@module"] = "nomad-device-gpu.InventoryMonitor",
                ["@timestamp"] = "2026-11-23T03:04:05.000000+01:00",
            }));
    }

    [TestCase(LogEventLevel.Verbose, "trace")]
    [TestCase(LogEventLevel.Debug, "debug")]
    [TestCase(LogEventLevel.Information, "info")]
    [TestCase(LogEventLevel.Warning, "warn")]
    [TestCase(LogEventLevel.Error, "error")]
    [TestCase(LogEventLevel.Fatal, "error")]
    public void Format_Level_IsHclogsWord(LogEventLevel level, string word)
    {
        using var json = JsonDocument.Parse(Format(Event("x", level: level)));

        Assert.That(json.RootElement.GetProperty("@level").GetString(), Is.EqualTo(word));
    }

    [Test]
    public void Format_Exception_IsAField()
    {
        using var json = JsonDocument.Parse(Format(Event("x", exception: new InvalidOperationException("why"))));

        Assert.That(json.RootElement.GetProperty("exception").GetString(), Does.Contain("why"));
    }

    [Test]
    public void Format_HugeTexts_StayUnderTheLimitOfGoPlugin()
    {
        // The worst a character can become in JSON is six bytes.
        var huge = new string('\u0001', 1_000_000);

        var line = Format(Event(
            "{Text}", new LogEventProperty("Text", new ScalarValue(huge)), new InvalidOperationException(huge)));

        Assert.That(line, Has.Length.LessThan(64 * 1024));
        Assert.That(() => JsonDocument.Parse(line).Dispose(), Throws.Nothing);
    }

    [TestCase(4000, false)]
    [TestCase(4001, true)]
    public void Format_Message_IsShortenedFromItsLimitOn(int length, bool isShortened)
    {
        var text = new string('x', length);
        using var json = JsonDocument.Parse(Format(Event("{Text}", new LogEventProperty("Text", new ScalarValue(text)))));

        Assert.That(
            json.RootElement.GetProperty("@message").GetString(),
            Is.EqualTo(isShortened ? $"{text[..4000]}... (4001 characters)" : text));
    }

    private static string Format(LogEvent logEvent)
    {
        using var output = new StringWriter();
        new HclogFormatter().Format(logEvent, output);
        return output.ToString();
    }

    private static LogEvent Event(string template, LogEventProperty property, Exception exception) =>
        new(Time, LogEventLevel.Error, exception, new MessageTemplateParser().Parse(template), [property]);

    private static LogEvent Event(string template, params LogEventProperty[] properties) =>
        new(Time, LogEventLevel.Information, null, new MessageTemplateParser().Parse(template), properties);

    private static LogEvent Event(
        string template, LogEventLevel level = LogEventLevel.Information, Exception? exception = null) =>
        new(Time, level, exception, new MessageTemplateParser().Parse(template), []);
}
