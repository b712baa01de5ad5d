using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>A loaded NVML. What has more than one form in the life of the library is asked for here.</summary>
internal sealed class NvmlApi
{
    public NvmlApi(Func<string, nint> addressOf, NvmlCallMeter? meter, LibraryGate gate)
    {
        var missing = new List<string>();
        var exports = new NativeExports(addressOf, meter, gate, missing);
        System = new SystemFunctions(exports);
        Device = new DeviceFunctions(exports);
        Mig = new MigFunctions(exports);
        Events = new EventFunctions(exports);
        Gpm = new GpmFunctions(exports);
        MissingFunctions = missing;

        // What only a capture asks is no loss to a plugin that serves.
        Record = new RecordFunctions(new NativeExports(addressOf, meter, gate, []));
    }

    /// <summary>What serving uses and this library has in no version: those values stay unknown.</summary>
    public IReadOnlyList<string> MissingFunctions { get; }

    public SystemFunctions System { get; }

    public DeviceFunctions Device { get; }

    public MigFunctions Mig { get; }

    public EventFunctions Events { get; }

    public GpmFunctions Gpm { get; }

    public RecordFunctions Record { get; }

    public unsafe NvmlReturn GetFieldValues(nint device, Span<FieldValue> values)
    {
        if (!Device.FieldValues.TryBegin(out var begun))
        {
            return Device.FieldValues.Refusal;
        }

        fixed (FieldValue* pointer = values)
        {
            return Device.FieldValues.End(
                begun,
                ((delegate* unmanaged[Cdecl]<nint, int, FieldValue*, NvmlReturn>)Device.FieldValues.Address)(
                    device, values.Length, pointer));
        }
    }

    public unsafe NvmlReturn GetRemappedRows(nint device, Span<uint> correctedUncorrectedPendingFailed)
    {
        if (!Device.RemappedRows.TryBegin(out var begun))
        {
            return Device.RemappedRows.Refusal;
        }

        fixed (uint* value = correctedUncorrectedPendingFailed)
        {
            return Device.RemappedRows.End(
                begun,
                ((delegate* unmanaged[Cdecl]<nint, uint*, uint*, uint*, uint*, NvmlReturn>)
                    Device.RemappedRows.Address)(device, value, value + 1, value + 2, value + 3));
        }
    }

    /// <summary>How many entries a list has, without reading them: NVML says so when the buffer is too small.</summary>
    public static unsafe NvmlReturn CountEntries(NativeFunction list, nint device, out uint count)
    {
        uint needed = 0;
        var result = list.TryBegin(out var begun)
            ? list.End(
                begun,
                ((delegate* unmanaged[Cdecl]<nint, uint*, void*, NvmlReturn>)list.Address)(device, &needed, null))
            : list.Refusal;
        count = needed;
        return result == NvmlReturn.InsufficientSize ? NvmlReturn.Success : result;
    }

    public NvmlReturn GetDeviceAttributes(nint migDevice, out DeviceAttributes attributes, out bool hasSlices)
    {
        attributes = default;
        var result = Mig.Attributes2.Call(migDevice, ref attributes);
        hasSlices = result == NvmlReturn.Success;
        return result.IsUnsupported() ? Mig.Attributes.Call(migDevice, ref attributes) : result;
    }

    /// <summary>Version 3, 2, then the unversioned function, as DCGM does.</summary>
    public unsafe NvmlReturn GetFabricInfo(nint device, out FabricInfoV info)
    {
        info = new FabricInfoV { Version = FabricInfoV.Tag3 };
        var result = Device.FabricInfoV.Call(device, ref info);
        if (result == NvmlReturn.ArgumentVersionMismatch)
        {
            info = new FabricInfoV { Version = FabricInfoV.Tag2 };
            result = Device.FabricInfoV.Call(device, ref info);
        }

        if (result is not (NvmlReturn.FunctionNotFound or NvmlReturn.ArgumentVersionMismatch))
        {
            return result;
        }

        var first = default(FabricInfo);
        result = Device.FabricInfo.Call(device, ref first);
        info = new FabricInfoV { Status = first.Status, CliqueId = first.CliqueId, State = first.State };
        new ReadOnlySpan<byte>(first.ClusterUuid, 16).CopyTo(
            MemoryMarshal.CreateSpan(ref info.ClusterUuid[0], 16));
        return result;
    }

    public string? GetVersion()
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        return System.NvmlVersion.CallText(buffer) == NvmlReturn.Success ? NvmlText.Read(buffer) : null;
    }

    public string? GetUuid(nint device, out NvmlReturn result)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        result = Device.Uuid.CallText(device, buffer);
        return result == NvmlReturn.Success ? NvmlText.ReadUuid(buffer) : null;
    }
}
