using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Hosting;
using DevicePlugin.Nomad.Hosting;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Serving;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.FunctionalTests.Metrics;

/// <summary>The executable as Nomad starts it, with its metrics on a port of its own choice.</summary>
internal sealed partial class MetricsNode : IAsyncDisposable
{
    private readonly ConcurrentQueue<PluginLogLine> _log = new();
    private readonly SemaphoreSlim _logged = new(0);
    private readonly TestLogs _logs = new();
    private PluginClient _client = null!;
    private Spec _schema = null!;

    private MetricsNode()
    {
    }

    public DrivenPlugin Plugin { get; private set; } = null!;

    public int ProcessId => _client.ProcessId;

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public string Url { get; private set; } = "";

    /// <param name="scenario">Name or path.</param>
    /// <param name="metrics">The block's members in JSON.</param>
    /// <param name="environment">Added to the test's own.</param>
    public static async Task<MetricsNode> StartAsync(
        string scenario, string metrics = """ "address": "127.0.0.1:0" """, bool expectUrl = true,
        params (string Name, string Value)[] environment)
    {
        var node = await StartWithAsync(FakeConfig(scenario, metrics), environment);
        if (expectUrl)
        {
            await node.WaitForUrlAsync();
        }

        return node;
    }

    /// <param name="config">The plugin block in JSON.</param>
    /// <param name="environment">Added to the test's own.</param>
    public static async Task<MetricsNode> StartWithAsync(string config, params (string Name, string Value)[] environment)
    {
        var node = new MetricsNode();
        node._client = await PluginClient.StartAsync(
            new PluginClientOptions
            {
                FileName = PluginExecutable.FileName,
                MagicCookie = NomadHandshake.Cookie,
                ProtocolVersions = [NomadHandshake.ProtocolVersion],
                LogReceived = node.Receive,
                Environment = environment.ToDictionary(pair => pair.Name, pair => pair.Value),
            },
            node._logs.CreateLogger("client"), TimeProvider.System, CancellationToken.None).DefaultTimeout();
        node.Plugin = new DrivenPlugin(node._client);
        node._schema = (await node.Plugin.GetSchemaAsync(CancellationToken.None).DefaultTimeout())!;
        await node.ConfigureAsync(config);
        await node.Plugin.FingerprintAsync(CancellationToken.None).DefaultTimeout();
        return node;
    }

    public static string FakeConfig(string scenario, string metrics) =>
        $$"""{"backend": "fake", "fake": {"scenario": "{{scenario}}"}, "metrics": { {{metrics}} } }""";

    public Task ConfigureAsync(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Plugin.SetConfigAsync(
            PluginConfigEncoder.Encode(_schema, document.RootElement), withNomadConfig: false, CancellationToken.None)
            .DefaultTimeout();
    }

    /// <summary>Waits for the next line that matches; the lines before it are gone, or in <paramref name="passed"/>.</summary>
    public async Task<Match> NextLogAsync(Regex pattern, List<PluginLogLine>? passed = null)
    {
        while (true)
        {
            await _logged.WaitAsync().DefaultTimeout();
            if (_log.TryDequeue(out var line))
            {
                if (pattern.Match(line.Message) is { Success: true } match)
                {
                    return match;
                }

                passed?.Add(line);
            }
        }
    }

    public IEnumerable<PluginLogLine> LeftErrors => _log.Where(line => line.Level >= LogLevel.Error);

    /// <summary>Nomad may be asked before the listener is there: what was logged until then can still be waited for.</summary>
    public async Task WaitForUrlAsync()
    {
        var passed = new List<PluginLogLine>();
        Url = (await NextLogAsync(Served(), passed)).Groups[1].Value;
        foreach (var line in passed)
        {
            _log.Enqueue(line);
            _logged.Release();
        }
    }

    public async Task<ExpositionText> ScrapeAsync() =>
        ExpositionText.Parse(await Http.GetStringAsync($"{Url}/metrics").DefaultTimeout());

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Plugin.DisposeAsync();
        _logs.Dispose();
        Assert.That(LeftErrors.Select(line => line.Line), Is.Empty, "errors that no test waited for");
    }

    private void Receive(PluginLogLine line)
    {
        _log.Enqueue(line);
        _logged.Release();
    }

    [GeneratedRegex("Metrics and the status page are served at \"([^\"]+)\"")]
    private static partial Regex Served();
}
