using DevicePlugin.GoPlugin.Client;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.GoPlugin.Client;

internal sealed class PluginLogLineTests
{
    [TestCase("trace", LogLevel.Trace)]
    [TestCase("debug", LogLevel.Debug)]
    [TestCase("info", LogLevel.Information)]
    [TestCase("warn", LogLevel.Warning)]
    [TestCase("error", LogLevel.Error)]
    [TestCase("loud", LogLevel.Debug)]
    public void Parse_HclogEvent_HasItsLevelMessageAndModule(string level, LogLevel expected)
    {
        var line = $$"""{"@level":"{{level}}","@message":"found","@module":"gpu","@timestamp":"x","count":8}""";

        Assert.That(
            PluginLogLine.Parse(line), Is.EqualTo(new PluginLogLine(expected, "found", "gpu", line)));
    }

    [TestCase("plain words")]
    [TestCase("{ not json")]
    [TestCase("{\"@message\":5}")]
    [TestCase("{}")]
    [TestCase("{\"@message\":\"\\ud800\"}")]
    [TestCase("{\"@\\ud800\":1,\"@message\":\"a\"}")]
    public void Parse_AnythingElse_IsPlainText(string line) =>
        Assert.That(PluginLogLine.Parse(line), Is.EqualTo(new PluginLogLine(LogLevel.Debug, line, null, line)));

    [TestCase("panic: index out of range")]
    [TestCase("fatal error: all goroutines are asleep")]
    public void Parse_DyingGoRuntime_IsAnError(string line) =>
        Assert.That(PluginLogLine.Parse(line).Level, Is.EqualTo(LogLevel.Error));
}
