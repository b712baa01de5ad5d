using DevicePlugin.GoPlugin;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.GoPlugin;

[NonParallelizable] // RunAsync owns the signals and the console of the process.
internal sealed class StartFailureTests
{
    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "3", "3")]
    [TestCase("PLUGIN_PROTOCOL_VERSIONS", "two", "two")]
    [TestCase("PLUGIN_MIN_PORT", "http", "http")]
    [TestCase("PLUGIN_CLIENT_CERT", "not PEM", "PEM")]
    [TestCase("PLUGIN_UNIX_SOCKET_DIR", "/no/such/folder", "/no/such/folder")]
    [TestCase("PLUGIN_UNIX_SOCKET_GROUP", "no-such-group", "no-such-group")]
    public async Task Run_BadEnvironment_LogsOneErrorAndPrintsNothing(string name, string value, string expected)
    {
        using var plugin = new TestPlugin((name, value));
        plugin.Logs.ExpectErrors(entry => entry.EventId.Name == "StartFailed");

        var exitCode = await PluginHost.RunAsync(plugin.Options).DefaultTimeout();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(plugin.Output.Text, Is.Empty);
        Assert.That(plugin.SocketFiles, Is.Empty);
        var error = plugin.Logs.Entries.Single(entry => entry.Level >= LogLevel.Error);
        Assert.That(error.Message, Does.Contain(expected));
    }

    [Test]
    public async Task Run_ServicesCannotBeBuilt_LogsOneErrorAndLeavesNoSocket()
    {
        using var plugin = new TestPlugin();
        plugin.Logs.ExpectErrors(entry => entry.EventId.Name == "Failed");
        plugin.Options = plugin.Options with { ConfigureServices = _ => throw new InvalidOperationException("broken") };

        var exitCode = await PluginHost.RunAsync(plugin.Options).DefaultTimeout();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(plugin.SocketFiles, Is.Empty);
        Assert.That(plugin.Logs.Named("Failed").Single().Exception!.Message, Is.EqualTo("broken"));
    }
}
