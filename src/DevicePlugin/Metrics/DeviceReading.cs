using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Metrics;

/// <summary>What the series of one GPU or MIG instance are made of. Replicas of one have theirs together.</summary>
/// <param name="Replicas">How often Nomad is offered the device.</param>
internal sealed record DeviceReading(
    GpuDevice Gpu, GpuReadings Readings, DeviceHealth Health, XidRecord Xids, CauseOccurrences? Occurrences, int Replicas);
