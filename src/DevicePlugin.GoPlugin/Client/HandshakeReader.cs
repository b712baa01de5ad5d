namespace DevicePlugin.GoPlugin.Client;

/// <summary>Waits for a new plugin's first line on stdout, its end or the time limit, whichever is first.</summary>
internal sealed class HandshakeReader(PluginProcess process, LogRelay log, Task logRelayed, TimeProvider time)
{
    // A process that is gone has written what it will ever write; only a child that holds its pipes keeps them open.
    private static readonly TimeSpan PipeGrace = TimeSpan.FromMilliseconds(500);

    public async Task<string> ReadAsync(LineReader output, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await ReadOrDescribeEndAsync(output, linked.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new PluginException(
                $"The plugin printed no handshake line within {limit.TotalSeconds:0.###} s.{log.Describe()}");
        }
    }

    private async Task<string> ReadOrDescribeEndAsync(LineReader output, CancellationToken cancellationToken)
    {
        // A read of a pipe that has begun does not heed its token, so the wait does.
        var reading = output.ReadAsync(cancellationToken).AsTask();
        if (await Task.WhenAny(reading, process.Exited).WaitAsync(cancellationToken) != reading)
        {
            await WaitBrieflyAsync(reading, cancellationToken);
        }

        if (reading.IsCompleted && await reading is { } line)
        {
            return line;
        }

        await WaitBrieflyAsync(process.Exited, cancellationToken);
        await WaitBrieflyAsync(logRelayed, cancellationToken);
        var end = process.Exited.IsCompletedSuccessfully
            ? $"exited with code {await process.Exited}"
            : "closed its stdout";
        throw new PluginException($"The plugin {end} before it printed a handshake line; " +
            $"check that it is a plugin for this host and this system.{log.Describe()}");
    }

    private async Task WaitBrieflyAsync(Task task, CancellationToken cancellationToken)
    {
        await task.WaitAsync(PipeGrace, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
