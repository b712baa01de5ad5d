using System.Collections.Immutable;
using System.Diagnostics;
using DevicePlugin.Nomad.Protocol;
using Grpc.Core;

namespace DevicePlugin.Benchmarks.Soak;

/// <summary>The soak failed.</summary>
internal sealed class SoakException(string message) : Exception(message);

/// <summary>Runs the plugin, reads both streams all the time, and compares each inventory with the node.</summary>
internal sealed class SoakPlugin(Contender contender, byte[] config, SoakNode node) : IAsyncDisposable
{
    /// <summary>How much later than asked for a sample may come.</summary>
    public static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettlingLimit = TimeSpan.FromSeconds(60);

    private PluginProcess? _process;
    private CancellationTokenSource _leaving = new();
    private Task _reading = Task.CompletedTask;
    private Inventory _last = new(null);
    private volatile bool _isSettled;

    public int Id => _process!.Id;

    public int Samples { get; private set; }

    public TimeSpan LongestPause { get; private set; }

    public MemoryFigures ReadMemory() => _process!.ReadMemory();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await _process.ConfigureAsync(config, cancellationToken);
        await _process.OpenStreamsAsync(cancellationToken);
        Read();
    }

    /// <summary>The agent goes and comes back to the same process.</summary>
    public async Task ReconnectAsync(CancellationToken cancellationToken)
    {
        await StopReadingAsync();
        await _process!.ReconnectAsync(cancellationToken);
        Read();
    }

    /// <summary>The agent ends the process and starts another one.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopReadingAsync();
        await _process!.ShutdownAsync(cancellationToken);
        await _process.DisposeAsync();
        await StartAsync(cancellationToken);
    }

    /// <summary>Called before the node changes: until it is settled again, inventories may differ from it.</summary>
    public void Unsettle() => _isSettled = false;

    /// <summary>Waits until the inventory matches the node. After that it must not change until <see cref="Unsettle"/>.</summary>
    /// <param name="clearAsync">Called with each GPU that stays unhealthy because its cause came and went too often.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task SettleAsync(
        Func<string, CancellationToken, Task> clearAsync, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var last = _last; !IsRight(last.Message); last = _last)
        {
            foreach (var id in FindHeld(last.Message))
            {
                await clearAsync(id, cancellationToken);
            }

            var left = SettlingLimit - Stopwatch.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
            {
                throw new SoakException($"still wrong after {SettlingLimit.TotalSeconds:0} s: {Compare(last.Message)}");
            }

            await Task.WhenAny(_reading, last.Next.Task, Task.Delay(left, cancellationToken));
            await EndOnFailureAsync();
        }

        _isSettled = true;
    }

    /// <summary>Reserves a GPU: it must be granted if the GPU is healthy, and refused otherwise.</summary>
    public async Task ReserveAsync(string id, CancellationToken cancellationToken)
    {
        var isFit = node.Healthy.Contains(id);
        try
        {
            var reservation = await _process!.ReserveAsync([id], cancellationToken);
            var handed = reservation.Envs["NVIDIA_VISIBLE_DEVICES"];
            if (!isFit || handed != id)
            {
                throw new SoakException($"a reservation of {id} ({(isFit ? "healthy" : "unhealthy")}) was answered with {handed}");
            }
        }
        catch (RpcException error) when (!isFit && error.StatusCode != StatusCode.Unavailable)
        {
            // Refused, as it has to be.
        }
    }

    /// <summary>Throws if reading a stream has failed.</summary>
    public async Task EndOnFailureAsync()
    {
        if (_reading.IsCompleted)
        {
            await _reading;
            throw new SoakException("the streams ended");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _leaving.Dispose();
    }

    private void Read()
    {
        _leaving.Dispose();
        _leaving = new CancellationTokenSource();
        Take(_process!.LastInventory!);
        var (inventories, samples) = (ReadInventoriesAsync(_leaving.Token), ReadSamplesAsync(_leaving.Token));
        // Both loops run until they are cancelled, so the first to end has failed.
        _reading = Task.WhenAny(inventories, samples).Unwrap();
    }

    private async Task StopReadingAsync()
    {
        Unsettle();
        await EndOnFailureAsync();
        await _leaving.CancelAsync();
        try
        {
            await _reading;
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
        }
    }

    private async Task ReadInventoriesAsync(CancellationToken leaving)
    {
        while (true)
        {
            Take(await _process!.ReadInventoryAsync(leaving));
        }
    }

    private void Take(FingerprintResponse inventory)
    {
        var before = _last;
        _last = new Inventory(inventory);
        before.Next.TrySetResult();
        if (_isSettled && !IsRight(inventory))
        {
            throw new SoakException($"an inventory became wrong: {Compare(inventory)}");
        }
    }

    private async Task ReadSamplesAsync(CancellationToken leaving)
    {
        while (true)
        {
            var begin = Stopwatch.GetTimestamp();
            var sample = _process!.ReadSamplesAsync(TimeSpan.Zero, leaving);
            if (await Task.WhenAny(sample, Task.Delay(Interval + MostDelay, leaving)) != sample && !leaving.IsCancellationRequested)
            {
                throw new SoakException($"no sample came for {(Interval + MostDelay).TotalSeconds:0} s");
            }

            await sample;
            var pause = Stopwatch.GetElapsedTime(begin);
            LongestPause = pause > LongestPause ? pause : LongestPause;
            Samples++;
        }
    }

    private bool IsRight(FingerprintResponse? inventory) => inventory is not null
        && Devices(inventory).Count() == node.Uuids.Length
        && HealthyOf(inventory).SetEquals(node.Healthy);

    private IEnumerable<string> FindHeld(FingerprintResponse? inventory) => inventory is null ? [] : Devices(inventory)
        .Where(device => node.Healthy.Contains(device.ID) && device.HealthDescription.Contains("held until"))
        .Select(device => device.ID);

    private string Compare(FingerprintResponse? inventory)
    {
        if (inventory is null)
        {
            return "no inventory has come";
        }

        var healthy = HealthyOf(inventory);
        var wrong = Devices(inventory).Where(device => device.Healthy != node.Healthy.Contains(device.ID))
            .Select(device => $"{device.ID} is {(device.Healthy ? "healthy" : $"unhealthy ({device.HealthDescription})")}");
        return $"{Devices(inventory).Count()} devices, {healthy.Count} healthy, expected {node.Healthy.Count}: {string.Join("; ", wrong)}";
    }

    private static IEnumerable<DetectedDevice> Devices(FingerprintResponse inventory) =>
        inventory.DeviceGroup.SelectMany(group => group.Devices);

    private static ImmutableSortedSet<string> HealthyOf(FingerprintResponse inventory) =>
        [.. Devices(inventory).Where(device => device.Healthy).Select(device => device.ID)];

    /// <summary>A message, and the moment of the next one.</summary>
    private sealed record Inventory(FingerprintResponse? Message)
    {
        public TaskCompletionSource Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
