using System.Runtime.Versioning;
using System.Text.Json;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using DevicePlugin.Tests;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.FunctionalTests.Mps;

/// <summary>The executable as Nomad runs it, in a process of its own, on the mocked NVML.</summary>
[SupportedOSPlatform("linux")]
internal sealed class MpsPlugin : IAsyncDisposable
{
    private readonly PluginClient _client;
    private readonly Nomad.Protocol.DevicePlugin.DevicePluginClient _devices;

    private MpsPlugin(PluginClient client)
    {
        _client = client;
        _devices = new Nomad.Protocol.DevicePlugin.DevicePluginClient(client.CallInvoker);
    }

    public static async Task<MpsPlugin> StartAsync(string config, string scenario)
    {
        var options = new PluginClientOptions
        {
            FileName = Path.Combine(AppContext.BaseDirectory, BuildInfo.Name),
            MagicCookie = NomadHandshake.Cookie,
            ProtocolVersions = [NomadHandshake.ProtocolVersion],
            Environment = new Dictionary<string, string> { ["HWMOCKS_SCENARIO"] = scenario },
        };
        var client = await PluginClient.StartAsync(
            options, NullLogger.Instance, TimeProvider.System, CancellationToken.None).DefaultTimeout();
        var plugin = new MpsPlugin(client);
        await plugin.ConfigureAsync(config);
        return plugin;
    }

    public async Task ConfigureAsync(string config)
    {
        var nomad = new BasePlugin.BasePluginClient(_client.CallInvoker);
        var schema = await nomad.ConfigSchemaAsync(new ConfigSchemaRequest()).ResponseAsync.DefaultTimeout();
        using var json = JsonDocument.Parse(config);
        var bytes = PluginConfigEncoder.Encode(schema.Spec, json.RootElement);
        await nomad.SetConfigAsync(new SetConfigRequest { MsgpackConfig = ByteString.CopyFrom(bytes) })
            .ResponseAsync.DefaultTimeout();
    }

    /// <summary>Reads a Fingerprint stream until the devices are as expected.</summary>
    public async Task<IReadOnlyList<DetectedDevice>> WaitForAsync(Func<IReadOnlyList<DetectedDevice>, bool> expected)
    {
        using var end = new CancellationTokenSource();
        using var call = _devices.Fingerprint(new FingerprintRequest(), cancellationToken: end.Token);
        while (true)
        {
            Assert.That(await call.ResponseStream.MoveNext(end.Token).DefaultTimeout(), Is.True);
            var devices = call.ResponseStream.Current.DeviceGroup.SelectMany(group => group.Devices).ToList();
            if (expected(devices))
            {
                await end.CancelAsync();
                return devices;
            }
        }
    }

    public Task<IReadOnlyList<DetectedDevice>> WaitUntilHealthyAsync() =>
        WaitForAsync(devices => devices.Count > 0 && devices.All(device => device.Healthy));

    public Task<IReadOnlyList<DetectedDevice>> WaitUntilUnhealthyAsync() =>
        WaitForAsync(devices => devices.Count > 0 && devices.All(device => !device.Healthy));

    /// <summary>What its standard streams and sockets are to the kernel.</summary>
    public IReadOnlyList<string?> OpenFiles => MpsTools.OpenFilesOf(_client.ProcessId);

    public async Task KillAsync()
    {
        MpsTools.Kill(_client.ProcessId);
        await _client.Exited.DefaultTimeout();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
