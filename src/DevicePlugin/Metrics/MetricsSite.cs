using System.Net;
using DevicePlugin.Composition;
using DevicePlugin.Metrics.Allocations;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.StatusPage;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Metrics;

/// <summary>Everything that serves one configuration of the block <c>metrics</c>.</summary>
internal sealed class MetricsSite : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _parts = new();

    private MetricsSite()
    {
    }

    public string Url { get; private set; } = "";

    /// <inheritdoc cref="MetricsListener.StartAsync"/>
    public static async Task<MetricsSite> StartAsync(
        GpuNode node, MetricsConfig config, TimeProvider time, ILoggerFactory loggers, ILogger logger,
        CancellationToken cancellationToken)
    {
        var address = config.Address!.Value;
        var addresses = await MetricsListener.ResolveAsync(address, cancellationToken);
        var site = new MetricsSite();
        try
        {
            var guard = new RequestGuard(address, addresses.All(IPAddress.IsLoopback));
            var endpoints = site.Build(node, config, guard, time, logger);
            var listener = await MetricsListener.StartAsync(
                addresses, address.Port, endpoints.AnswerAsync, loggers, time, cancellationToken);
            site._parts.Push(listener);
            site.Url = listener.Url;
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>The listener first, and last what its answers are made of.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }

    private MetricsEndpoints Build(
        GpuNode node, MetricsConfig config, RequestGuard guard, TimeProvider time, ILogger logger)
    {
        // The feed wants to be told of changes by the watch, which it asks in turn.
        StatusFeed? feed = null;
        AllocationWatch? watch = null;
        feed = new StatusFeed(node, () => watch?.Uses ?? [], time);
        _parts.Push(feed);
        if (config.NomadAddress is { } nomad)
        {
            watch = new AllocationWatch(nomad, config.NomadTokenFile, node.Activity, feed.Renew, time, logger);
            _parts.Push(watch);
        }

        var streams = new StatusStreams(feed, node.Sampler);
        var scrape = new Scrape(node, () => watch?.Uses ?? [], () => watch?.Answers, () => streams.Open);
        _parts.Push(scrape);
        return new MetricsEndpoints(scrape, streams, node.Monitor, guard, logger);
    }
}
