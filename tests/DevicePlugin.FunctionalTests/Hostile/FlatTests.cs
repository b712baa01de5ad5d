using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Google.Protobuf.WellKnownTypes;

namespace DevicePlugin.FunctionalTests.Hostile;

/// <summary>Opening and closing streams does not leak threads or descriptors.</summary>
[Platform("Linux")]
internal sealed class FlatTests
{
    private const int Reconnects = 100;

    [Test]
    public async Task Streams_ReopenedManyTimes_KeepThreadsAndDescriptors()
    {
        await using var node = new HostileNode();
        await node.StartAsync();
        await OpenAndCloseAsync(node);
        var (threads, descriptors) = (node.Threads, node.Descriptors);

        for (var made = 0; made < Reconnects; made++)
        {
            await OpenAndCloseAsync(node);
        }

        // The thread pool grows under load and shrinks later.
        await Eventually.BecomesTrue(() => node.Descriptors <= descriptors + 2);
        Assert.That(node.Threads, Is.LessThan(threads + 10));
    }

    private static async Task OpenAndCloseAsync(HostileNode node)
    {
        using var inventories = node.Devices.Fingerprint(new FingerprintRequest());
        using var samples = node.Devices.Stats(
            new StatsRequest { CollectionInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) });
        Assert.That(await inventories.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
        Assert.That(await samples.ResponseStream.MoveNext(CancellationToken.None).DefaultTimeout(), Is.True);
    }
}
