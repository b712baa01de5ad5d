using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// MIG mode and instances of a GPU, walked again on every refresh: NVML reuses instance handles, so an instance is
/// known by its UUID. Two calls a slot, none for the mode while it is on, because the slots then tell.
/// </summary>
internal sealed class MigLayout(DeviceQuery query, string parentUuid)
{
    // NVML's largest is 7; a library that says more than this is not believed.
    private const int MaxSlots = 64;

    private readonly MigFunctions _mig = query.Api.Mig;
    private int _slots;

    public bool? Mode { get; private set; }

    public ImmutableArray<MigDevice> Devices { get; private set; } = [];

    /// <summary>Whether a refresh has to ask for the mode.</summary>
    public bool NeedsModeCall => Mode != true && query.Plan.Wants(_mig.Mode.Name);

    /// <summary>True when the mode changed, which changes what else the GPU supports.</summary>
    public bool Refresh(bool full)
    {
        var before = Mode;
        if (full || NeedsModeCall)
        {
            ReadMode();
        }

        if (Mode == true && !ReadSlots())
        {
            ReadMode();
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

    private void ReadMode()
    {
        Mode = query.GetPair(_mig.Mode) is { } mode ? mode.First != 0 : null;
        _slots = Mode == true ? Math.Clamp(query.GetInt(_mig.MaxDeviceCount) ?? 0, 0, MaxSlots) : 0;
    }

    /// <summary>False when no slot can be asked any more, which is how MIG being switched off shows.</summary>
    private bool ReadSlots()
    {
        var found = ImmutableArray.CreateBuilder<MigDevice>();
        var answered = _slots == 0;
        for (uint slot = 0; slot < _slots; slot++)
        {
            nint handle = 0;
            var result = _mig.DeviceBySlot.Call(query.Device, slot, ref handle);
            answered |= !result.IsUnsupported() && result != NvmlReturn.InvalidArgument;
            if (!result.IsAbsent() && !result.IsUnsupported() && query.Plan.Accept(_mig.DeviceBySlot.Name, result, slot)
                && ReadDevice(handle, (int)slot) is { } device)
            {
                found.Add(device);
            }
        }

        Devices = found.DrainToImmutable();
        return answered && !Devices.IsEmpty;
    }

    private MigDevice? ReadDevice(nint handle, int slot)
    {
        var uuid = query.Api.GetUuid(handle, out var result);
        if (uuid is null)
        {
            // Destroyed since its slot answered.
            return null;
        }

        return result == NvmlReturn.Success && Find(uuid) is { } known && known.Query.Device == handle
            && known.Instance.Slot == slot
            ? known
            : MigInstanceReader.Read(new DeviceQuery(query.Api, handle, new CallPlan()), uuid, parentUuid, slot);
    }
}
