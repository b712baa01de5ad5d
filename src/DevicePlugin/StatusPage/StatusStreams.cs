using System.Buffers;
using System.Text;
using DevicePlugin.Gpu.Statistics;
using Microsoft.AspNetCore.Http;

namespace DevicePlugin.StatusPage;

/// <summary>The open pages, each a stream of server-sent events. While there is one, samples come every second.</summary>
internal sealed class StatusStreams(StatusFeed feed, StatisticsSampler sampler)
{
    private const int Most = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int _open;

    public int Open => Volatile.Read(ref _open);

    public async Task ServeAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _open) > Most)
        {
            Interlocked.Decrement(ref _open);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";

            // A proxy that collects the answer would show nothing.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await WriteAsync(context, context.RequestAborted);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task WriteAsync(HttpContext context, CancellationToken gone)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var sampling = SampleAsync(stop.Token);
        try
        {
            await WriteFramesAsync(context, gone);
        }
        finally
        {
            await stop.CancelAsync();
            await sampling;
        }
    }

    // What is sampled comes back through the feed, to all pages.
    private async Task SampleAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var _ in sampler.SampleAsync(Interval, stop))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task WriteFramesAsync(HttpContext context, CancellationToken gone)
    {
        // Before it, the writer has no room to give.
        await context.Response.StartAsync(gone);
        var output = context.Response.BodyWriter;
        Append(output, "history", feed.WriteHistory());
        var (state, sample) = (-1L, -1L);
        while (true)
        {
            var (frame, changed) = feed.Read();
            if (frame.StateVersion != state)
            {
                state = frame.StateVersion;
                Append(output, "state", frame.State.Value);
            }

            if (frame.Sample is not null && frame.SampleVersion != sample)
            {
                sample = frame.SampleVersion;
                Append(output, "sample", frame.Sample.Value);
            }

            await output.FlushAsync(gone);
            await changed.WaitAsync(gone);
        }
    }

    // JSON has no line breaks of its own, so that an event is one line of data.
    private static void Append(IBufferWriter<byte> output, string name, byte[] data)
    {
        output.Write(Encoding.UTF8.GetBytes($"event: {name}\ndata: "));
        output.Write(data);
        output.Write("\n\n"u8);
    }
}
