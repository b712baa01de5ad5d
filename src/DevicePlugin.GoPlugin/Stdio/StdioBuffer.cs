using System.Threading.Channels;
using DevicePlugin.GoPlugin.Protocol;

namespace DevicePlugin.GoPlugin.Stdio;

/// <summary>
/// What was printed and not yet fetched by the host. A host that never asks must not make the plugin grow or wait, so
/// the oldest is dropped and counted.
/// </summary>
internal sealed class StdioBuffer
{
    /// <summary>go-plugin sends such chunks (grpc_stdio.go, <c>grpcStdioBuffer</c>).</summary>
    public const int LongestChunk = 1024;

    /// <summary>256 KiB at most.</summary>
    public const int Capacity = 256;

    private readonly Channel<StdioData> _chunks;
    private long _dropped;

    public StdioBuffer() =>
        _chunks = Channel.CreateBounded<StdioData>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref _dropped));

    public ChannelReader<StdioData> Reader => _chunks.Reader;

    public void Add(StdioData chunk) => _chunks.Writer.TryWrite(chunk);

    /// <summary>How many chunks were dropped since the last call.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);
}
