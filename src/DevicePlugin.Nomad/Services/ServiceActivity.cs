using DevicePlugin.Gpu;

namespace DevicePlugin.Nomad.Services;

/// <summary>What Nomad has asked of this process, for those who report on it. Safe from any thread.</summary>
public sealed class ServiceActivity
{
    private int _fingerprintStreams;
    private int _statsStreams;
    private long _reservations;
    private long _reservedDevices;
    private long _refusals;

    /// <summary>Raised with the ids of each reservation, inside the call that Nomad waits for: to be quick.</summary>
    public event Action<IReadOnlyList<string>>? Reserved;

    /// <summary>Open streams.</summary>
    public int FingerprintStreams => Volatile.Read(ref _fingerprintStreams);

    /// <inheritdoc cref="FingerprintStreams"/>
    public int StatsStreams => Volatile.Read(ref _statsStreams);

    /// <summary>Since the start, as those below.</summary>
    public long Reservations => Interlocked.Read(ref _reservations);

    public long ReservedDevices => Interlocked.Read(ref _reservedDevices);

    public long Refusals => Interlocked.Read(ref _refusals);

    internal void Begin(string stream) => Interlocked.Increment(ref CountOf(stream));

    internal void End(string stream) => Interlocked.Decrement(ref CountOf(stream));

    internal void Reserve(IReadOnlyList<string> ids, Action<Exception> listenerFailed)
    {
        Interlocked.Increment(ref _reservations);
        Interlocked.Add(ref _reservedDevices, ids.Count);
        Reserved.Tell(ids, listenerFailed);
    }

    internal void Refuse() => Interlocked.Increment(ref _refusals);

    private ref int CountOf(string stream)
    {
        if (stream == nameof(DevicePluginService.Stats))
        {
            return ref _statsStreams;
        }

        return ref _fingerprintStreams;
    }
}
