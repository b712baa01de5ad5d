using System.Collections.Immutable;

namespace DevicePlugin.Metrics.Allocations;

/// <summary>What is asked of Nomad's HTTP API.</summary>
internal sealed class NomadApi : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private const int MostBytes = 32 * 1024 * 1024;

    private readonly Uri _address;
    private readonly NomadToken _token;
    private readonly HttpClient _client;
    private string? _nodeId;

    public NomadApi(Uri address, string? tokenFile)
    {
        _address = new Uri(address.AbsoluteUri.TrimEnd('/') + '/');
        _token = new NomadToken(tokenFile);
        _client = new HttpClient(new SocketsHttpHandler
        {
            // Setting AutomaticDecompression, even to none, would compile the decompression in: a megabyte.
            // The token goes to the address it is meant for and to nobody else.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { Timeout = Limit, MaxResponseContentBufferSize = MostBytes };
    }

    /// <summary>The devices that tasks of this node have or are about to get.</summary>
    public async Task<ImmutableArray<DeviceUse>> ReadUsesAsync(CancellationToken cancellationToken)
    {
        _nodeId ??= AllocationJson.ReadNodeId(await GetAsync("v1/agent/self", cancellationToken));
        var filter = Uri.EscapeDataString(
            $"NodeID == \"{_nodeId}\" and (ClientStatus == \"running\" or ClientStatus == \"pending\")");
        return AllocationJson.ReadUses(await GetAsync(
            $"v1/allocations?namespace=*&resources=true&task_states=false&filter={filter}", cancellationToken));
    }

    /// <summary>A reinstalled agent has another node id.</summary>
    public void Forget() => _nodeId = null;

    public void Dispose() => _client.Dispose();

    private async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_address, path));
        if (_token.Read() is { } token)
        {
            request.Headers.Add("X-Nomad-Token", token);
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new HttpRequestException(
                $"{request.RequestUri!.AbsolutePath} was answered with {(int)response.StatusCode}");
    }
}
