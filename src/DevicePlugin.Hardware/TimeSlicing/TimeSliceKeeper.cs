using System.Globalization;
using System.Threading.Channels;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.Tools;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Hardware.TimeSlicing;

/// <summary>
/// Gives shared GPUs the time slice that the configuration names, through <c>nvidia-smi compute-policy</c>, and takes it
/// back from GPUs that no rule names any more. Each change is tried once: a failure is a warning, and the GPU is shared
/// nevertheless. On a task of its own, since the tool takes seconds; nothing is started before the first inventory.
/// </summary>
public sealed class TimeSliceKeeper(TimeProvider timeProvider, ILogger<TimeSliceKeeper> logger) : IAsyncDisposable
{
    /// <summary>How long one run of the tool may take: loading the driver of an idle node takes seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    // Only the newest inventory matters.
    private readonly Channel<Inventory> _inventories = Channel.CreateBounded<Inventory>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();

    // What was last tried, whatever came of it, while the driver stays loaded.
    private readonly Dictionary<string, TimeSlice> _tried = new(StringComparer.Ordinal);
    private TimeSliceOptions _options = new();
    private TimeSliceFile? _file;
    private HashSet<string> _given = [];
    private bool _instancesTold;
    private Task? _work;

    /// <summary>In force from the next inventory on.</summary>
    public void Configure(TimeSliceOptions options) => Volatile.Write(ref _options, options);

    /// <summary>Shows an inventory; returns at once. Made-up devices have no driver to tell.</summary>
    public void Offer(Inventory inventory)
    {
        if (inventory.IsSimulated)
        {
            return;
        }

        _inventories.Writer.TryWrite(inventory);
        lock (_gate)
        {
            _work ??= Task.Run(() => BackgroundLoop.RunAsync(
                "The keeper of time slices", RunAsync, timeProvider, logger, _stopping.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _inventories.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task? work;
        lock (_gate)
        {
            work = _work ??= Task.CompletedTask;
        }

        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    internal async Task KeepAsync(TimeSliceOptions options, Inventory inventory, CancellationToken cancellationToken)
    {
        if (!inventory.Driver.IsLoaded)
        {
            // A reloaded driver has forgotten its time slices.
            _tried.Clear();
            return;
        }

        if (_file?.Path != options.StateFile)
        {
            _file = new TimeSliceFile(options.StateFile, options.BootId, logger);
            _given = _file.Load();
        }

        if (!_file.IsKept)
        {
            _file.Save(_given);
        }

        // A GPU that was out of reach may have been initialized again, and then has no time slice.
        foreach (var uuid in _tried.Keys.Except(inventory.Physical.Where(IsInReach).Select(device => device.Gpu.Uuid)).ToList())
        {
            _tried.Remove(uuid);
        }

        foreach (var device in inventory.Physical)
        {
            if (WantedFor(device) is { } slice && NeedsTelling(device.Gpu.Uuid, slice))
            {
                await TellAsync(options, device.Gpu.Uuid, slice, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task RunAsync()
    {
        await foreach (var inventory in _inventories.Reader.ReadAllAsync(_stopping.Token).ConfigureAwait(false))
        {
            await KeepAsync(Volatile.Read(ref _options), inventory, _stopping.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Null where nothing is to be done: a sick GPU would only make the tool hang.</summary>
    private TimeSlice? WantedFor(InventoryDevice device)
    {
        var slice = device.Share?.TimeSlice ?? TimeSlice.Default;
        if (device.Gpu.Mig is null)
        {
            return device.Health.IsUsable ? slice : null;
        }

        if (slice != TimeSlice.Default && !_instancesTold)
        {
            _instancesTold = true;
            logger.TimeSliceNotForInstances(device.Gpu.Uuid);
        }

        return null;
    }

    private static bool IsInReach(InventoryDevice device) => device.Health.IsUsable && device.Gpu.Mig is null;

    private bool NeedsTelling(string uuid, TimeSlice slice) => _tried.TryGetValue(uuid, out var tried)
        ? tried != slice
        : slice != TimeSlice.Default || _given.Contains(uuid);

    private async Task TellAsync(
        TimeSliceOptions options, string uuid, TimeSlice slice, CancellationToken cancellationToken)
    {
        if (slice != TimeSlice.Default && _given.Add(uuid))
        {
            // Before it is done: the process may end at any time, and the next one must know.
            _file!.Save(_given);
        }

        var word = TimeSliceWord.Of(slice);
        var problem = await RunToolAsync(options, uuid, slice, cancellationToken).ConfigureAwait(false);
        _tried[uuid] = slice;
        if (problem is not null)
        {
            logger.TimeSliceNotSet(uuid, word, problem);
            return;
        }

        logger.TimeSliceSet(uuid, word);
        if (slice == TimeSlice.Default && _given.Remove(uuid))
        {
            _file!.Save(_given);
        }
    }

    /// <summary>Null when it is done, else the reason why not.</summary>
    private async Task<string?> RunToolAsync(
        TimeSliceOptions options, string uuid, TimeSlice slice, CancellationToken cancellationToken)
    {
        var tools = new DriverTools(options.DriverRoot, options.ReadStatus);
        if (tools.Find(DriverTools.Smi, out var distrust) is not { } program)
        {
            return distrust ?? tools.NotFound(DriverTools.Smi);
        }

        var number = ((int)slice).ToString(CultureInfo.InvariantCulture);
        var result = await ToolRunner.RunAsync(
            program, ["compute-policy", "-i", uuid, $"--set-timeslice={number}"], "", Limit, timeProvider,
            cancellationToken).ConfigureAwait(false);
        return result.IsDone ? null : $"{DriverTools.Smi}: {result.Problem}";
    }
}
