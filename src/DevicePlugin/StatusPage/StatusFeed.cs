using System.Collections.Immutable;
using DevicePlugin.Composition;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Statistics;
using DevicePlugin.Metrics;
using DevicePlugin.Metrics.Allocations;

namespace DevicePlugin.StatusPage;

/// <summary>
/// Follows the node for the pages. Whoever reads slowly gets the newest state and the newest sample, and nothing queues up
/// for it.
/// </summary>
internal sealed class StatusFeed : IAsyncDisposable
{
    private readonly GpuNode _node;
    private readonly Func<IReadOnlyList<DeviceUse>> _uses;
    private readonly EventLog _events;
    private readonly ReservedDevices _reserved;
    private readonly GpuHistory _history = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly DateTimeOffset _started;
    private readonly Task _watching;
    private Inventory _inventory = Inventory.Empty;
    private ImmutableArray<PhysicalGpu> _gpus = [];
    private StatusFrame _frame;
    private TaskCompletionSource _changed = NewSignal();

    public StatusFeed(GpuNode node, Func<IReadOnlyList<DeviceUse>> uses, TimeProvider time)
    {
        _node = node;
        _uses = uses;
        _events = new EventLog(time);
        _reserved = new ReservedDevices(time);
        _started = time.GetUtcNow();
        _frame = new StatusFrame(0, NewState(), 0, null);
        node.Sampler.Sampled += OnSampled;
        node.Monitor.EventSeen += OnEvent;
        node.Activity.Reserved += OnReserved;
        _watching = Task.Run(() => BackgroundLoop.RunAsync(
            "The status page's watch of the inventory", WatchAsync, time, node.Logger, _stopping.Token));
    }

    /// <summary>The newest frame, and what completes when there is a newer one.</summary>
    public (StatusFrame Frame, Task Changed) Read()
    {
        lock (_gate)
        {
            return (_frame, _changed.Task);
        }
    }

    /// <summary>Something that the state holds has changed.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            Set(_frame with { StateVersion = _frame.StateVersion + 1, State = NewState() });
        }
    }

    /// <summary>The past of the charts, for a page that was just opened.</summary>
    public byte[] WriteHistory() => StatusJson.Write(_history.Write);

    public async ValueTask DisposeAsync()
    {
        _node.Sampler.Sampled -= OnSampled;
        _node.Monitor.EventSeen -= OnEvent;
        _node.Activity.Reserved -= OnReserved;
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var inventory in _node.Monitor.WatchAsync(_stopping.Token))
            {
                _events.See(inventory);
                lock (_gate)
                {
                    _inventory = inventory;
                    _gpus = PhysicalGpu.Of(inventory);
                }

                Renew();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    private void OnEvent(GpuEvent gpuEvent)
    {
        _events.See(gpuEvent);
        Renew();
    }

    private void OnReserved(IReadOnlyList<string> ids)
    {
        _events.Reserve(ids);
        _reserved.Add(ids);
        Renew();
    }

    private void OnSampled(StatisticsSample sample)
    {
        lock (_gate)
        {
            // Of the inventory that the pages have, so that its readings meet the right devices.
            var gpus = _gpus;
            var state = _frame.StateVersion;
            _history.Add(sample, gpus);
            Set(_frame with
            {
                SampleVersion = _frame.SampleVersion + 1,
                Sample = new Lazy<byte[]>(() => StatusJson.Write(writer => StatusJson.WriteSample(writer, sample, gpus))),
            });
        }
    }

    private Lazy<byte[]> NewState()
    {
        var (inventory, gpus) = (_inventory, _gpus);
        return new Lazy<byte[]>(() => StatusJson.Write(writer => StatusJson.WriteState(
            writer, new StatusState(inventory, gpus, _started, _events.Events, _reserved.Latest, _uses()))));
    }

    private void Set(StatusFrame frame)
    {
        _frame = frame;
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }
}
