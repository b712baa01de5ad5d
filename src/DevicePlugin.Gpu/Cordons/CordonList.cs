using DevicePlugin.Gpu.Health;

namespace DevicePlugin.Gpu.Cordons;

/// <summary>The cordons in force. What is not on disk is not in force: it would end with the process.</summary>
internal sealed class CordonList
{
    private readonly Lock _gate = new();
    private CordonStore _store = CordonStore.None;
    private CordonRecord _record = CordonRecord.Empty;

    /// <summary>Why a device that no cordon concerns gets no tasks all the same; null: it may get some.</summary>
    public Func<GpuDevice, string?> FindHold { get; init; } = _ => null;

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

    /// <summary>
    /// Reads the record again: an operator may have corrected it, or another process written it. True when it says something
    /// else. What was in force stays so while the record cannot be read, or is gone.
    /// </summary>
    /// <param name="mayWrite">Whether a record that is gone is written again.</param>
    public bool Reload(bool mayWrite)
    {
        lock (_gate)
        {
            var found = Find(_store.Load());
            if (found.IsMissing && mayWrite && !found.Cordons.IsEmpty)
            {
                _store.Save(found);
            }

            if (found.Problem == _record.Problem && found.Cordons.AsSpan().SequenceEqual(_record.Cordons.AsSpan()))
            {
                return false;
            }

            if (found.Problem is null)
            {
                _record = found;
            }

            return found.Problem is null;
        }
    }

    /// <summary>Null when the change is kept and in force, else why it is neither.</summary>
    public string? Change(Func<CordonRecord, CordonRecord> change)
    {
        lock (_gate)
        {
            // Not what was read last: somebody may have edited it since, and that is not to be lost.
            var found = Find(_store.Load());
            if (found.Problem is { } problem)
            {
                return problem;
            }

            var next = change(found);
            if (_store.Save(next) is { } failure)
            {
                return failure;
            }

            _record = next;
            return null;
        }
    }

    /// <summary>A record that is gone ends no cordon: it was never lifted.</summary>
    private CordonRecord Find(CordonRecord loaded) =>
        loaded.IsMissing && _record.Problem is null ? _record with { IsMissing = true } : loaded;

    /// <summary>Why the device gets no tasks; null when no cordon concerns it.</summary>
    public string? Find(GpuDevice device)
    {
        var record = Record;
        return record.Problem is { } problem
            ? $"may be cordoned: {problem}"
            : record.Find(device)?.Text ?? FindHold(device);
    }

    /// <summary>The health that the device is offered with: a cordon makes any device unhealthy.</summary>
    public DeviceHealth Apply(string? cordon, DeviceHealth health) =>
        cordon is null ? health : health.And(new DeviceHealth(HealthState.Unhealthy, cordon)
        {
            Word = Record.Problem is null ? CauseWord.Cordoned : CauseWord.CordonsUnreadable,
        });
}
