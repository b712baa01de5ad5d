using System.Runtime.CompilerServices;
using DevicePlugin.Composition;

namespace DevicePlugin.Watching;

/// <summary>What the node has to show, each interval.</summary>
internal static class WatchFeed
{
    /// <summary>A snapshot at once that only says what is looked at, and then one for each sample.</summary>
    public static async IAsyncEnumerable<WatchSnapshot> FollowAsync(
        GpuNode gpus, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var snapshot = new WatchSnapshot
        {
            Node = Environment.MachineName,
            Time = DateTimeOffset.Now,
            Interval = interval,
        };
        yield return snapshot;

        // Left open: while nobody follows the inventory, the faults that have no event are looked for less often.
        await using var inventories = gpus.Monitor.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await inventories.MoveNextAsync();
        var rows = new WatchRows();
        await foreach (var sample in gpus.Sampler.SampleAsync(interval, cancellationToken))
        {
            yield return snapshot with
            {
                Driver = sample.Inventory.Driver,
                IsSimulated = sample.Inventory.IsSimulated,
                Time = sample.Timestamp.ToLocalTime(),
                Rows = rows.Of(sample),
            };
        }
    }
}
