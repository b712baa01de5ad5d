using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using DevicePlugin.GoPlugin.Protocol;
using DevicePlugin.Nomad.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Device = DevicePlugin.Nomad.Protocol.DevicePlugin;

namespace DevicePlugin.Benchmarks;

/// <summary>A device plugin started with the environment that Nomad gives, and the connection to it.</summary>
internal sealed class PluginProcess : IAsyncDisposable
{
    private const string ApiVersion = "v0.1.0";

    private readonly Process _process;
    private readonly long _launched;
    private readonly string _socket;
    private GrpcChannel _channel;
    private AsyncServerStreamingCall<FingerprintResponse>? _fingerprint;
    private AsyncServerStreamingCall<StatsResponse>? _stats;

    private PluginProcess(Process process, long launched, TimeSpan handshake, string socket)
    {
        _process = process;
        _launched = launched;
        Handshake = handshake;
        _socket = socket;
        _channel = Open(socket);
    }

    /// <summary>From the launch to the handshake line.</summary>
    public TimeSpan Handshake { get; }

    public TimeSpan SinceLaunch => Stopwatch.GetElapsedTime(_launched);

    /// <summary>Null before the first one came.</summary>
    public StatsResponse? LastSample => _stats?.ResponseStream.Current;

    /// <summary>Null before the first one came.</summary>
    public FingerprintResponse? LastInventory => _fingerprint?.ResponseStream.Current;

    public int Id => _process.Id;

    /// <summary>Of every device in the inventory that came last.</summary>
    public IReadOnlyList<string> DeviceIds =>
        [.. _fingerprint!.ResponseStream.Current.DeviceGroup.SelectMany(group => group.Devices).Select(device => device.ID)];

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<PluginProcess> LaunchAsync(Contender contender, CancellationToken cancellationToken)
    {
        var executable = contender.Executable.FullName;
        var start = new ProcessStartInfo(executable)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["NOMAD_PLUGIN_MAGIC_COOKIE"] = "e4327c2e01eabfd75a8a67adb114fb34a757d57eee7728d857a8cec6e91a7255",
                ["PLUGIN_PROTOCOL_VERSIONS"] = "2",
                ["PLUGIN_MIN_PORT"] = "10000",
                ["PLUGIN_MAX_PORT"] = "25000",
            },
        };
        foreach (var (name, value) in contender.Environment)
        {
            start.Environment[name] = value;
        }

        var launched = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        // Read as Nomad does, so that no plugin ever waits for room in the pipe.
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        var handshake = Stopwatch.GetElapsedTime(launched);
        if (line?.Split('|') is not [_, _, "unix", var socket, ..])
        {
            process.Kill();
            throw new InvalidOperationException($"'{executable}' said '{line}' instead of a handshake.");
        }

        return new PluginProcess(process, launched, handshake, socket);
    }

    public async Task GetInfoAsync(CancellationToken cancellationToken) =>
        await new BasePlugin.BasePluginClient(_channel)
            .PluginInfoAsync(new PluginInfoRequest(), cancellationToken: cancellationToken);

    public async Task ConfigureAsync(byte[] config, CancellationToken cancellationToken) =>
        await new BasePlugin.BasePluginClient(_channel).SetConfigAsync(
            new SetConfigRequest { MsgpackConfig = ByteString.CopyFrom(config), PluginApiVersion = ApiVersion },
            cancellationToken: cancellationToken);

    /// <summary>The first message; the stream stays open.</summary>
    public async Task<FingerprintResponse> OpenFingerprintAsync(CancellationToken cancellationToken)
    {
        _fingerprint = new Device.DevicePluginClient(_channel).Fingerprint(
            new FingerprintRequest(), cancellationToken: CancellationToken.None);
        await ReadAsync(_fingerprint.ResponseStream, cancellationToken);
        return _fingerprint.ResponseStream.Current;
    }

    /// <summary>The first sample of a stream of its own; one that is less than 90 ms old is shared.</summary>
    public async Task<StatsResponse> ReadOneSampleAsync(CancellationToken cancellationToken)
    {
        using var stats = new Device.DevicePluginClient(_channel).Stats(
            new StatsRequest { CollectionInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)) },
            cancellationToken: cancellationToken);
        await ReadAsync(stats.ResponseStream, cancellationToken);
        return stats.ResponseStream.Current;
    }

    /// <summary>Opens both streams and waits for the first message of each.</summary>
    public async Task OpenStreamsAsync(CancellationToken cancellationToken)
    {
        var client = new Device.DevicePluginClient(_channel);
        _fingerprint = client.Fingerprint(new FingerprintRequest(), cancellationToken: CancellationToken.None);
        await ReadAsync(_fingerprint.ResponseStream, cancellationToken);
        _stats = client.Stats(
            new StatsRequest { CollectionInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) },
            cancellationToken: CancellationToken.None);
        await ReadAsync(_stats.ResponseStream, cancellationToken);
    }

    /// <summary>Closes the connection and opens a new one with new streams, as a restarted agent does.</summary>
    public async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        _fingerprint?.Dispose();
        _stats?.Dispose();
        _channel.Dispose();
        _channel = Open(_socket);
        await OpenStreamsAsync(cancellationToken);
    }

    public async Task<ContainerReservation> ReserveAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var request = new ReserveRequest { DeviceIds = { ids } };
        var client = new Device.DevicePluginClient(_channel);
        var reply = await client.ReserveAsync(request, cancellationToken: cancellationToken);
        return reply.ContainerRes;
    }

    /// <summary>Waits for the next message of the fingerprint stream.</summary>
    public async Task<FingerprintResponse> ReadInventoryAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(_fingerprint!.ResponseStream, cancellationToken);
        return _fingerprint.ResponseStream.Current;
    }

    /// <summary>One at least. Returns how many came.</summary>
    public async Task<int> ReadSamplesAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var samples = 0;
        do
        {
            await ReadAsync(_stats!.ResponseStream, cancellationToken);
            samples++;
        }
        while (Stopwatch.GetElapsedTime(begin) < time);

        return samples;
    }

    public MemoryFigures ReadMemory()
    {
        var kibibytes = File.ReadLines($"/proc/{_process.Id}/smaps_rollup").Skip(1)
            .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
        _process.Refresh();
        return new MemoryFigures(
            kibibytes["Rss"], kibibytes["Pss"], kibibytes["Private_Clean"] + kibibytes["Private_Dirty"], _process.TotalProcessorTime);
    }

    /// <summary>How long the process took to be gone.</summary>
    public async Task<TimeSpan> ShutdownAsync(CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        try
        {
            await new GRPCController.GRPCControllerClient(_channel)
                .ShutdownAsync(new DevicePlugin.GoPlugin.Protocol.Empty(), cancellationToken: cancellationToken);
        }
        catch (RpcException)
        {
            // A plugin may be gone before its answer; go-plugin's host ignores the error too (grpc_client.go, Close).
        }

        await _process.WaitForExitAsync(cancellationToken);
        return Stopwatch.GetElapsedTime(begin);
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _fingerprint?.Dispose();
        _stats?.Dispose();
        _channel.Dispose();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static GrpcChannel Open(string socket) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,

        // As go-plugin's client, which sets no limit: a sample of a thousand devices is larger than the default.
        MaxReceiveMessageSize = null,
        HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, token) => ConnectAsync(socket, token) },
    });

    private static async Task ReadAsync<T>(IAsyncStreamReader<T> stream, CancellationToken cancellationToken)
    {
        if (!await stream.MoveNext(cancellationToken))
        {
            throw new InvalidOperationException("The plugin ended a stream, after which Nomad would give it up.");
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
