using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Cordons;

/// <summary>The cordons in force. What is not on disk is not in force: it would end with the process.</summary>
internal sealed class CordonList
{
    private readonly Lock _gate = new();
    private CordonStore _store = CordonStore.None;
    private CordonRecord _record = CordonRecord.Empty;

    public CordonRecord Record
    {
        get
        {
            lock (_gate)
            {
                return _record;
            }
        }
    }

    public void Configure(CordonStore store)
    {
        lock (_gate)
        {
            if (store != _store)
            {
                _store = store;
                _record = store.Load();
            }
        }
    }

    /// <summary>Reads the record again: somebody may have written it while this process did not hold it.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            _record = _store.Load();
        }
    }

    /// <summary>Null when the change is kept and in force, else why it is neither.</summary>
    public string? Change(Func<CordonRecord, CordonRecord> change)
    {
        lock (_gate)
        {
            if (_record.Problem is { } problem)
            {
                return problem;
            }

            var next = change(_record);
            if (_store.Save(next) is { } failure)
            {
                return failure;
            }

            _record = next;
            return null;
        }
    }

    /// <summary>Why the device gets no tasks; null when no cordon concerns it.</summary>
    public string? Find(GpuDevice device)
    {
        var record = Record;
        return record.Problem is { } problem
            ? $"may be cordoned: {problem}"
            : record.Find(device)?.Text;
    }

    /// <summary>The health that the device is offered with: a cordon makes any device unhealthy.</summary>
    public DeviceHealth Apply(string? cordon, DeviceHealth health) =>
        cordon is null ? health : health.And(new DeviceHealth(HealthState.Unhealthy, cordon)
        {
            Word = Record.Problem is null ? CauseWord.Cordoned : CauseWord.CordonsUnreadable,
        });
}
