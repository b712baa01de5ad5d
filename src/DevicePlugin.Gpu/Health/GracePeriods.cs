using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Holds back the faults that are part of starting up, until their <see cref="FaultEntry.Grace"/> after the driver load is
/// over. Where the time of the load is unknown, it counts from when the fault was first seen under this load.
/// </summary>
internal sealed class GracePeriods
{
    private readonly Dictionary<(string Gpu, DeviceFaultKind Fault), (RememberedGrace Grace, Moment Since)> _seen = [];

    public IEnumerable<RememberedGrace> Remember() =>
        _seen.Values.Select(seen => seen.Grace).OrderBy(grace => grace.Gpu, StringComparer.Ordinal).ThenBy(grace => grace.Fault);

    public void Restore(RememberedGrace grace, Moment now) =>
        _seen.TryAdd((grace.Gpu, grace.Fault), (grace, Moment.Restore(grace.Since, now)));

    /// <summary>The GPU and its instances without the faults whose time is not over.</summary>
    public ImmutableArray<GpuDevice> Apply(
        string gpu, ImmutableArray<GpuDevice> devices, DriverLoad? load, DriverAge age, Moment now)
    {
        Forget(gpu, devices);
        return [.. devices.Select(device => device.Faults.IsEmpty
            ? device
            : device with { Faults = device.Faults.RemoveAll(fault => IsEarly(gpu, fault.Kind, load, age, now)) })];
    }

    private bool IsEarly(string gpu, DeviceFaultKind fault, DriverLoad? load, DriverAge age, Moment now)
    {
        var grace = FaultTable.Find(fault).Grace;
        if (grace == TimeSpan.Zero)
        {
            return false;
        }

        var key = (gpu, fault);
        if (!_seen.TryGetValue(key, out var seen) || IsReloaded(load, seen.Grace.Load))
        {
            _seen[key] = seen = (new RememberedGrace(gpu, fault, now.Time, load), now);
        }

        // A clock that was set forward during boot must not make anything older than the machine's uptime.
        var elapsed = Max(now.Since(seen.Since), age.AtLeast ?? TimeSpan.Zero);
        return Min(elapsed, age.AtMost ?? TimeSpan.MaxValue) < grace;
    }

    // A GPU that does not answer says nothing about its earlier faults.
    private void Forget(string gpu, ImmutableArray<GpuDevice> devices)
    {
        var faults = devices.SelectMany(device => device.Faults).Select(fault => fault.Kind).ToList();
        if (!faults.Exists(fault => FaultTable.Find(fault).HidesOthers))
        {
            foreach (var key in _seen.Keys.Where(key => key.Gpu == gpu && !faults.Contains(key.Fault)).ToList())
            {
                _seen.Remove(key);
            }
        }
    }

    private static bool IsReloaded(DriverLoad? load, DriverLoad? before) =>
        load is not null && before is not null && load.IsReloadedSince(before);

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
