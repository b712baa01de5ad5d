using DevicePlugin.GoPlugin.Client;
using DevicePlugin.Nomad.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wire = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.Hosting;

/// <summary>A running device plugin, asked as Nomad asks it: the two streams stay open until the end.</summary>
internal sealed class DrivenPlugin(PluginClient client) : IAsyncDisposable
{
    // The client's default range of dynamic ports (Nomad client/config/config.go).
    private const uint MinimumClientPort = 14_000;
    private const uint MaximumClientPort = 14_512;

    private readonly BasePlugin.BasePluginClient _base = new(client.CallInvoker);
    private readonly Wire.DevicePluginClient _devices = new(client.CallInvoker);
    private readonly CancellationTokenSource _ending = new();
    private AsyncServerStreamingCall<FingerprintResponse>? _fingerprint;
    private AsyncServerStreamingCall<StatsResponse>? _stats;
    private Task<bool>? _nextFingerprint;

    public PluginClient Client => client;

    public async Task<PluginInfoResponse> GetInfoAsync(CancellationToken cancellationToken) =>
        await _base.PluginInfoAsync(new PluginInfoRequest(), cancellationToken: cancellationToken);

    public async Task<Spec?> GetSchemaAsync(CancellationToken cancellationToken) =>
        (await _base.ConfigSchemaAsync(new ConfigSchemaRequest(), cancellationToken: cancellationToken)).Spec;

    public async Task SetConfigAsync(byte[] config, bool withNomadConfig, CancellationToken cancellationToken)
    {
        var request = new SetConfigRequest
        {
            MsgpackConfig = ByteString.CopyFrom(config),
            PluginApiVersion = NomadRules.ApiVersion,
        };
        if (withNomadConfig)
        {
            request.NomadConfig = new NomadConfig
            {
                Driver = new NomadDriverConfig { ClientMinPort = MinimumClientPort, ClientMaxPort = MaximumClientPort },
            };
        }

        await _base.SetConfigAsync(request, cancellationToken: cancellationToken);
    }

    /// <summary>The first message; the stream stays open.</summary>
    public async Task<FingerprintResponse> FingerprintAsync(CancellationToken cancellationToken)
    {
        _fingerprint = _devices.Fingerprint(new FingerprintRequest(), cancellationToken: _ending.Token);
        var response = await ReadAsync(_fingerprint, "Fingerprint", cancellationToken);
        _nextFingerprint = _fingerprint.ResponseStream.MoveNext(_ending.Token);
        return response;
    }

    /// <summary>Null while the stream is open, as Nomad needs it to be for ever.</summary>
    public async Task<string?> FindFingerprintEndAsync()
    {
        if (_nextFingerprint is not { IsCompleted: true })
        {
            return null;
        }

        try
        {
            return await _nextFingerprint ? null : "The plugin ended its Fingerprint stream";
        }
        catch (RpcException exception)
        {
            return $"The Fingerprint stream ended with {exception.StatusCode} ({exception.Status.Detail})";
        }
    }

    public async Task<ReserveResponse> ReserveAsync(string id, CancellationToken cancellationToken) =>
        await _devices.ReserveAsync(new ReserveRequest { DeviceIds = { id } }, cancellationToken: cancellationToken);

    /// <summary>The next sample; the first call opens the stream.</summary>
    public async Task<StatsResponse> ReadStatsAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        _stats ??= _devices.Stats(
            new StatsRequest { CollectionInterval = Duration.FromTimeSpan(interval) }, cancellationToken: _ending.Token);
        return await ReadAsync(_stats, "Stats", cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_nextFingerprint is not null)
        {
            await ((Task)_nextFingerprint).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _fingerprint?.Dispose();
        _stats?.Dispose();
        _ending.Dispose();
        await client.DisposeAsync();
    }

    private static async Task<T> ReadAsync<T>(
        AsyncServerStreamingCall<T> call, string stream, CancellationToken cancellationToken) =>
        await call.ResponseStream.MoveNext(cancellationToken)
            ? call.ResponseStream.Current
            : throw new HostRuleException(
                $"The plugin ended its {stream} stream, which Nomad takes for the end of its devices or statistics.");
}
