using System.Collections.Concurrent;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// The judge of each GPU for the life of a backend: which links should be up is remembered while the GPU is away and over
/// loads of the driver.
/// </summary>
/// <param name="findLinksSeenUp">What an earlier backend saw of a GPU's links, by its UUID.</param>
internal sealed class GpuJudges(Func<string, ulong> findLinksSeenUp)
{
    private readonly ConcurrentDictionary<string, GpuJudge> _byUuid = new(StringComparer.Ordinal);

    public GpuJudge Of(string uuid) => _byUuid.GetOrAdd(uuid, id => new GpuJudge(findLinksSeenUp(id)));
}
