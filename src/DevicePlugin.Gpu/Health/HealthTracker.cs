using System.Collections.Concurrent;

namespace DevicePlugin.Gpu.Health;

/// <summary>
/// Turns what enumerations and events say of a device into its health. A fault keeps the text and the time of its onset
/// for as long as its kind lasts, however its evidence varies.
/// </summary>
internal sealed class HealthTracker(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<string, Onset> _onsets = new();
    private readonly ConcurrentDictionary<string, XidRecord> _xids = new();

    public DeviceHealth Assess(GpuDevice device)
    {
        if (device.Fault is not { } fault)
        {
            _onsets.TryRemove(device.Uuid, out _);
            return DeviceHealth.Healthy;
        }

        var onset = _onsets.AddOrUpdate(
            device.Uuid,
            _ => Begin(fault),
            (_, known) => known.Kind == fault.Kind ? known : Begin(fault));
        return onset.Health;
    }

    public void Record(GpuEvent gpuEvent)
    {
        if (gpuEvent is { Kind: GpuEventKind.Xid, GpuUuid: { } uuid })
        {
            _xids.AddOrUpdate(
                uuid,
                _ => new XidRecord(1, gpuEvent.Data),
                (_, known) => new XidRecord(known.Count + 1, gpuEvent.Data));
        }
    }

    public XidRecord XidsOf(string physicalUuid) => _xids.GetValueOrDefault(physicalUuid);

    private Onset Begin(DeviceFault fault)
    {
        var cause = $"{FaultWords.Of(fault.Kind)}: {fault.Evidence.TrimEnd('.')}";
        return new Onset(fault.Kind, new DeviceHealth(HealthState.Unhealthy, cause, timeProvider.GetUtcNow()));
    }

    private sealed record Onset(DeviceFaultKind Kind, DeviceHealth Health);
}
