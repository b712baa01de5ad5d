namespace DevicePlugin.Gpu.Health;

/// <summary>Carries what the tracker knows over restarts of the process, by way of the policy's store.</summary>
internal sealed class HealthKeeper(HealthTracker health)
{
    private readonly Lock _gate = new();
    private HealthMemory _kept = HealthMemory.Empty;
    private bool _isKept = true;
    private HealthStore? _store;

    /// <summary>Puts the policy in force. What its store has is taken up when it is another one.</summary>
    public void Configure(HealthPolicy policy)
    {
        lock (_gate)
        {
            health.Configure(policy);
            if (_store != policy.Store)
            {
                _store = policy.Store;
                _isKept = true;
                _kept = _store.Load();
                health.Restore(_kept);
            }
        }
    }

    /// <summary>Keeps what changed since the last time, or could not be kept then. False when it is not kept.</summary>
    public bool Save()
    {
        // The loop and an operator's request may both come to it.
        lock (_gate)
        {
            var memory = health.Remember();
            if (!memory.Equals(_kept) || !_isKept)
            {
                _kept = memory;
                _isKept = _store?.Save(memory) != false;
            }

            return _isKept;
        }
    }
}
