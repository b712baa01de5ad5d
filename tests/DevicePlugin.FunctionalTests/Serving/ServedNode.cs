using System.Text;
using DevicePlugin.Composition;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.GoPlugin;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using DevicePlugin.Tests;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Serving;

/// <summary>The plugin as the executable composes it, on a real socket, over a clock that the test moves.</summary>
internal sealed class ServedNode : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nd").FullName;
    private readonly GpuNode _node;
    private readonly PrintedLines _output = new();
    private PluginHost _host = null!;
    private PluginClient _client = null!;

    private ServedNode() => _node = new GpuNode(Time, Logs);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero));

    public TestLogs Logs { get; } = new();

    public BasePlugin.BasePluginClient Base { get; private set; } = null!;

    public DevicePlugin.Nomad.Protocol.DevicePlugin.DevicePluginClient Device => _client.Device;

    public GpuNode Node => _node;

    public PluginClient Client => _client;

    public PluginHost Host => _host;

    public static async Task<ServedNode> StartAsync(string? config = null)
    {
        var served = new ServedNode();
        var variables = new Dictionary<string, string>
        {
            ["PLUGIN_UNIX_SOCKET_DIR"] = served._directory,
            ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
        };
        served._host = await PluginHost.StartAsync(ServeCommand.OptionsFor(served._node, served.Logs) with
        {
            Environment = variables.GetValueOrDefault,
            HandshakeOutput = served._output,
        }).DefaultTimeout();
        served._client = new PluginClient(served._host.Handshake);
        served.Base = new BasePlugin.BasePluginClient(served._client.Channel);
        if (config is not null)
        {
            await served.ConfigureAsync(config);
        }

        return served;
    }

    /// <summary>SetConfig with a block in JSON, encoded by the plugin's own schema as Nomad does.</summary>
    public async Task ConfigureAsync(string json)
    {
        var schema = await Base.ConfigSchemaAsync(new ConfigSchemaRequest()).ResponseAsync.DefaultTimeout();
        var bytes = PluginConfigEncoder.Encode(schema.Spec, System.Text.Json.JsonDocument.Parse(json).RootElement);
        await Base.SetConfigAsync(new SetConfigRequest { MsgpackConfig = ByteString.CopyFrom(bytes) })
            .ResponseAsync.DefaultTimeout();
    }

    public string WriteFile(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text, Encoding.UTF8);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
        await _node.DisposeAsync();
        Logs.Dispose();
        _output.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
