using System.Text.Json;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Hosting;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Serving;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>The executable as Nomad runs it, in a process of its own, on the mocked NVML.</summary>
internal static class MockedPlugin
{
    /// <param name="scenarioPath">The scenario that the mock plays.</param>
    /// <param name="config">The configuration, as JSON.</param>
    /// <param name="logReceived">Gets each line of the plugin's log.</param>
    /// <param name="umask">Of the process, in octal; null for that of the tests.</param>
    public static async Task<PluginClient> StartAsync(
        string scenarioPath, string config, Action<PluginLogLine>? logReceived = null, string? umask = null)
    {
        var options = new PluginClientOptions
        {
            FileName = umask is null ? PluginExecutable.FileName : "/bin/sh",
            Arguments = umask is null ? [] : ["-c", $"umask {umask}; exec {PluginExecutable.FileName}"],
            MagicCookie = NomadHandshake.Cookie,
            ProtocolVersions = [NomadHandshake.ProtocolVersion],
            Environment = new Dictionary<string, string> { ["HWMOCKS_SCENARIO"] = scenarioPath },
            LogReceived = logReceived,
        };
        var client = await PluginClient.StartAsync(
            options, NullLogger.Instance, TimeProvider.System, CancellationToken.None).DefaultTimeout();
        try
        {
            await ConfigureAsync(client, config);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }

        return client;
    }

    public static async Task ConfigureAsync(PluginClient client, string config)
    {
        var plugin = new DrivenPlugin(client);
        var schema = await plugin.GetSchemaAsync(CancellationToken.None).DefaultTimeout();
        using var json = JsonDocument.Parse(config);
        await plugin.SetConfigAsync(
            PluginConfigEncoder.Encode(schema!, json.RootElement), withNomadConfig: false, CancellationToken.None).DefaultTimeout();
    }
}
