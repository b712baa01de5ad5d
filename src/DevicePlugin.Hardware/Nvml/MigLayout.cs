using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// MIG mode and instances of a GPU, walked again on every refresh: NVML reuses instance handles, so an instance is
/// known by its UUID. Two calls a slot, none for the mode while it is on, because the slots then tell. A call that fails
/// makes the GPU unreadable and not its instances destroyed: tasks have them.
/// </summary>
internal sealed class MigLayout(DeviceQuery query, string parentUuid)
{
    // NVML's largest is 7; a library that says more than this is not believed.
    private const uint MaxSlots = 64;

    private readonly MigFunctions _mig = query.Api.Mig;
    private int _slots;

    public bool? Mode { get; private set; }

    public ImmutableArray<MigDevice> Devices { get; private set; } = [];

    /// <summary>Whether a refresh has to ask for the mode.</summary>
    public bool NeedsModeCall => Mode != true && query.Plan.Wants(_mig.Mode.Name);

    /// <summary>True when the mode changed, which changes what else the GPU supports.</summary>
    /// <param name="full">Whatever was kept is read again.</param>
    /// <param name="hadInstances">Of the GPU, before its layout was forgotten too.</param>
    /// <exception cref="NvmlException">It cannot be told which instances there are.</exception>
    public bool Refresh(bool full, bool hadInstances)
    {
        var before = Mode;
        if (full || NeedsModeCall)
        {
            ReadMode(hadInstances);
        }

        if (Mode == true && !ReadSlots(full))
        {
            ReadMode(hadInstances);
        }

        if (Mode != true)
        {
            Devices = [];
        }

        return before is not null && before != Mode;
    }

    public MigDevice? Find(string uuid)
    {
        foreach (var device in Devices)
        {
            if (device.Uuid == uuid)
            {
                return device;
            }
        }

        return null;
    }

    private void ReadMode(bool hadInstances)
    {
        uint mode = 0, pending = 0;
        var result = query.Plan.Wants(_mig.Mode.Name)
            ? _mig.Mode.Call(query.Device, ref mode, ref pending)
            : NvmlReturn.NotSupported;
        var isKnown = query.Plan.Accept(_mig.Mode.Name, result);
        if (!isKnown && hadInstances && !result.IsUnsupported())
        {
            throw new NvmlException(_mig.Mode.Name, result);
        }

        Mode = isKnown ? mode != 0 : null;
        _slots = Mode == true ? CountSlots() : 0;
    }

    private int CountSlots()
    {
        uint count = 0;
        var result = _mig.MaxDeviceCount.Call(query.Device, ref count);
        return query.Plan.Accept(_mig.MaxDeviceCount.Name, result) ? (int)Math.Min(count, MaxSlots)
            : result.IsUnsupported() ? 0
            : throw new NvmlException(_mig.MaxDeviceCount.Name, result);
    }

    /// <summary>False when no slot can be asked any more, which is how MIG being switched off shows.</summary>
    private bool ReadSlots(bool full)
    {
        var slots = new List<(int Slot, nint Handle, string Uuid)>();
        var answered = _slots == 0;
        for (uint slot = 0; slot < _slots; slot++)
        {
            nint handle = 0;
            var result = _mig.DeviceBySlot.Call(query.Device, slot, ref handle);
            answered |= !result.IsUnsupported() && result != NvmlReturn.InvalidArgument;
            if (Leads(_mig.DeviceBySlot.Name, result, slot) && ReadUuid(handle) is { } uuid)
            {
                slots.Add(((int)slot, handle, uuid));
            }
        }

        // The driver derives an instance's UUID from the GPU's UUID and the instance's ids: one that was destroyed and created
        // with another profile may have the old UUID.
        var mustRead = full || !slots.Select(slot => (slot.Slot, slot.Uuid))
            .SequenceEqual(Devices.Select(device => (device.Instance.Slot ?? -1, device.Uuid)));
        Devices = [.. slots.Select(slot => ReadDevice(slot.Handle, slot.Uuid, slot.Slot, mustRead)).OfType<MigDevice>()];
        return answered && !Devices.IsEmpty;
    }

    /// <summary>Null for one that was destroyed since its slot answered, or does not say who it is.</summary>
    private string? ReadUuid(nint handle)
    {
        var uuid = query.Api.GetUuid(handle, out var result);
        return Leads(query.Api.Device.Uuid.Name, result) ? uuid : null;
    }

    /// <exception cref="NvmlException">The answer says nothing about whether there is an instance.</exception>
    private bool Leads(string function, NvmlReturn result, uint slot = 0) =>
        !result.IsAbsent() && !result.IsUnsupported()
        && (query.Plan.Accept(function, result, slot) ? true : throw new NvmlException(function, result));

    private MigDevice? ReadDevice(nint handle, string uuid, int slot, bool mustRead)
    {
        var known = Find(uuid) is { } device && device.Query.Device == handle && device.Instance.Slot == slot ? device : null;
        if (known is not null && !mustRead)
        {
            return known;
        }

        var read = MigInstanceReader.Read(new DeviceQuery(query.Api, handle, new CallPlan()), uuid, parentUuid, slot);
        return read is { HasName: true } ? read : known ?? read;
    }
}
