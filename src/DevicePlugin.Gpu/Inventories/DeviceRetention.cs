using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Inventories;

/// <summary>
/// Keeps devices that went away listed for a while, unhealthy: Nomad looks a running task's device up by its id, and fails
/// the task when it is gone (client/devicemanager/instance.go).
/// </summary>
internal sealed class DeviceRetention(TimeProvider timeProvider)
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The prefix of ids of GPUs of which only the address is known. No task ever had such an id, and the GPU's UUID replaces it
    /// as soon as it is known.
    /// </summary>
    public const string PlaceholderPrefix = "PCI-";

    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);

    /// <summary>Those that are listed, and those that are missing for a while.</summary>
    public IEnumerable<GpuDevice> Devices => _kept.Values.Select(kept => kept.Device);

    /// <summary>Devices of another backend are no business of the next one.</summary>
    public void Clear() => _kept.Clear();

    /// <summary>Devices that an earlier process had: those that are not there now are missing from now on.</summary>
    public void Expect(IEnumerable<GpuDevice> devices)
    {
        foreach (var device in devices)
        {
            _kept.TryAdd(device.Uuid, new Kept(device));
        }
    }

    /// <summary>False for a device that was missing for too long, or was never there.</summary>
    public bool Keeps(string uuid) => _kept.ContainsKey(uuid);

    /// <summary>
    /// The devices to list: those of the report without parents of instances, and those that are missing. The reason is null
    /// for the former.
    /// </summary>
    public IEnumerable<(GpuDevice Device, DeviceHealth? Reason)> Apply(NodeReport report)
    {
        var split = report.Devices.Where(device => device.Mig is not null).Select(device => device.PhysicalUuid)
            .ToHashSet(StringComparer.Ordinal);

        // A GPU in MIG mode without instances runs nothing, unless it is only too sick to show them.
        var present = report.Devices
            .Where(device => !split.Contains(device.Uuid))
            .Where(device => device.Mig is not null || device.Facts.MigMode != true || !device.Faults.IsEmpty)
            .ToList();
        foreach (var uuid in _kept.Keys.Except(present.Select(device => device.Uuid), StringComparer.Ordinal).ToList())
        {
            if (split.Contains(uuid) || !Stays(_kept[uuid], report))
            {
                _kept.Remove(uuid);
            }
        }

        // A sick GPU may be reported without the instances that tasks still have: it is offered in parts or whole, not both.
        var inParts = _kept.Values.Where(kept => kept.Reason is not null && kept.Device.Mig is not null)
            .Select(kept => kept.Device.PhysicalUuid).ToHashSet(StringComparer.Ordinal);
        foreach (var device in present)
        {
            if (device.Mig is null && inParts.Contains(device.Uuid))
            {
                _kept.Remove(device.Uuid);
            }
            else
            {
                _kept[device.Uuid] = new Kept(device);
            }
        }

        return [.. _kept.Values.Select(kept => (kept.Offered, kept.Reason))];
    }

    private bool Stays(Kept kept, NodeReport report)
    {
        if (report.Driver.State == DriverState.Disabled || WasRemoved(kept.Device, report)
            || kept.Device.Uuid.StartsWith(PlaceholderPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        if (report.Driver.State == DriverState.Maintenance)
        {
            // Its time does not count: what is missing afterwards has been missing since then.
            kept.MissingSince = null;
            kept.Reason = kept.IsMaintained && kept.Reason is not null
                ? kept.Reason
                : new DeviceHealth(HealthState.Unhealthy, report.Driver.Reason, timeProvider.GetUtcNow())
                {
                    Advice = report.Driver.Advice ?? "remove the maintenance file when the work is done",
                    Word = CauseWord.Maintenance,
                };
            kept.IsMaintained = true;
            return true;
        }

        if (report.Driver.IsUnresponsive)
        {
            // The driver does not say whether the device is there, so it is not missing.
            kept.MissingSince = null;
            SetFault(kept, DeviceFaultKind.DriverUnresponsive, report.Driver.Reason);
            return true;
        }

        if (report.IsPartial)
        {
            if (kept.MissingSince is null)
            {
                SetFault(
                    kept, DeviceFaultKind.NotRead,
                    report.Driver.IsLoaded ? "the search for the GPUs is still going on" : report.Driver.Reason);
            }

            return true;
        }

        if (kept.MissingSince is not { } since)
        {
            var evidence = report.Driver.IsLoaded ? "the driver no longer lists it" : report.Driver.Reason.TrimEnd('.');
            kept.MissingSince = timeProvider.GetTimestamp();
            kept.IsMaintained = false;
            kept.Reason = new DeviceHealth(HealthState.Unhealthy, $"GPU is gone: {evidence}", timeProvider.GetUtcNow())
            {
                Advice = "it is removed from the node unless it returns within 10 min",
                Word = CauseWord.Gone,
            };
            return true;
        }

        return timeProvider.GetElapsedTime(since) < Limit;
    }

    /// <summary>A fault that lasts keeps its text and its time.</summary>
    private void SetFault(Kept kept, DeviceFaultKind kind, string evidence)
    {
        var entry = FaultTable.Find(kind);
        if (kept.Reason?.Word != entry.Word)
        {
            var fault = new DeviceFault(kind, evidence);
            kept.Reason = new DeviceHealth(HealthState.Unhealthy, entry.WhatOf(fault), timeProvider.GetUtcNow())
            {
                Advice = entry.AdviceFor(fault, boardSerial: null), Word = entry.Word,
            };
        }

        kept.IsMaintained = false;
    }

    /// <summary>By an orderly change of the MIG layout: its GPU is there, answers and has other devices.</summary>
    private static bool WasRemoved(GpuDevice device, NodeReport report)
    {
        var parent = report.Devices.FirstOrDefault(other => other.Uuid == device.PhysicalUuid);
        return parent is not null && !parent.Faults.Any(fault => FaultTable.Find(fault.Kind).HidesOthers);
    }

    private sealed class Kept(GpuDevice device)
    {
        public GpuDevice Device { get; } = device;

        /// <summary>A node that a missing device had may be another GPU's by now.</summary>
        public GpuDevice Offered => Reason is null ? Device : Device with { MinorNumber = null };

        public DeviceHealth? Reason { get; set; }

        public long? MissingSince { get; set; }

        public bool IsMaintained { get; set; }
    }
}
