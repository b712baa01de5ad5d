using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Samples the instances of one GPU: memory each time, activity and what belongs to the parent at most every ten
/// seconds, so that seven instances stay inside the budget of one GPU.
/// </summary>
internal sealed class MigSampler(GpuSampler parent, DeviceQuery parentQuery, TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, GpmActivity> _activities = [];
    private readonly Freshness _parentAge = new(time, TimeSpan.FromSeconds(10));
    private (double? Watts, int? Celsius) _parent;
    private bool? _supportsGpm;

    public GpuReadings Read(MigDevice device)
    {
        if (_parentAge.IsDue)
        {
            _parent = parent.ReadParent();
            _parentAge.Read();
        }

        var memory = MemoryReadings.Read(device.Query);
        var activity = ActivityOf(device)?.Read() ?? default;
        return new GpuReadings
        {
            MemoryUsedMiB = memory.Used,
            MemoryTotalMiB = memory.Total,
            MemoryReservedMiB = memory.Reserved,
            MemoryFreeMiB = memory.Free,
            GraphicsEngineActivityPercent = activity.GraphicsEngine,
            SmActivityPercent = activity.Sm,
            DramActivityPercent = activity.Dram,
            ParentTemperatureC = _parent.Celsius,
            ParentPowerUsageWatts = _parent.Watts,
        };
    }

    /// <summary>
    /// GPU instance ids are used again at once after a new layout, so a baseline belongs to the UUID it was taken for.
    /// </summary>
    public void Keep(IEnumerable<MigDevice> devices)
    {
        var live = devices.Select(device => device.Uuid).ToHashSet();
        foreach (var (uuid, activity) in _activities.Where(entry => !live.Contains(entry.Key)).ToList())
        {
            activity.Dispose();
            _activities.Remove(uuid);
        }
    }

    /// <summary>Before nvmlShutdown: samples must not outlive it.</summary>
    public void Dispose() => Keep([]);

    private GpmActivity? ActivityOf(MigDevice device)
    {
        if (_activities.TryGetValue(device.Uuid, out var known))
        {
            return known;
        }

        _supportsGpm ??= GpmActivity.IsSupported(parentQuery);
        if (_supportsGpm != true
            || GpmActivity.TryCreate(parentQuery, (uint)device.Instance.GpuInstanceId, time) is not { } activity)
        {
            return null;
        }

        _activities.Add(device.Uuid, activity);
        return activity;
    }
}
