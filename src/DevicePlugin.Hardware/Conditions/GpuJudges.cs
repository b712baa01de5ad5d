using System.Collections.Concurrent;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// The judge of each GPU for the life of a backend: which links should be up is remembered while the GPU is away and over
/// loads of the driver.
/// </summary>
internal sealed class GpuJudges
{
    private readonly ConcurrentDictionary<string, GpuJudge> _byUuid = new(StringComparer.Ordinal);

    public GpuJudge Of(string uuid) => _byUuid.GetOrAdd(uuid, _ => new GpuJudge());
}
