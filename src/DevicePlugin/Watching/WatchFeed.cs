using DevicePlugin.Composition;

namespace DevicePlugin.Watching;

/// <summary>What the node has to show, each interval.</summary>
internal static class WatchFeed
{
    /// <summary>
    /// Shows a snapshot at once that only says what is looked at, then one for each sample until cancelled.
    /// </summary>
    public static async Task RunAsync(
        GpuNode gpus, TimeSpan interval, Action<WatchSnapshot> show, CancellationToken cancellationToken)
    {
        var snapshot = new WatchSnapshot
        {
            Node = Environment.MachineName,
            Time = DateTimeOffset.Now,
            Interval = interval,
        };
        show(snapshot);

        // Left open: while nobody follows the inventory, the faults that have no event are looked for less often.
        await using var inventories = gpus.Monitor.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await inventories.MoveNextAsync();
        var rows = new WatchRows();
        await foreach (var sample in gpus.Sampler.SampleAsync(interval, cancellationToken))
        {
            show(snapshot with
            {
                Driver = sample.Inventory.Driver,
                IsSimulated = sample.Inventory.IsSimulated,
                Time = sample.Timestamp.ToLocalTime(),
                Rows = rows.Of(sample),
            });
        }
    }
}
