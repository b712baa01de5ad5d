using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>What is found at one of NVML's indices.</summary>
/// <param name="Uuid">Null when the index leads to no GPU.</param>
/// <param name="Problem">Why it does not; null when it does.</param>
internal sealed record GpuSlot(NvmlReturn Result, NvmlHandle Handle, string? Uuid, string? Problem)
{
    // The largest systems have 16; a count beyond this is not one.
    public const int MostGpus = 1024;

    /// <summary>The search for it did not come back.</summary>
    public bool Hangs => HangFault is not null;

    private DeviceFault? HangFault { get; init; }

    /// <summary>What the GPU suffers from that was here before.</summary>
    public DeviceFault Fault => HangFault ?? new(Result.Fault() ?? DeviceFaultKind.CallFailed, $"{Problem}.");

    public static GpuSlot Stuck(CallHangsException hang) =>
        new(NvmlReturn.Timeout, default, null, hang.Message) { HangFault = hang.Fault };

    /// <exception cref="NvmlException">The driver is lost.</exception>
    public static GpuSlot Read(NvmlSession session, int index)
    {
        session.ThrowIfLost();
        nint pointer = 0;
        var function = session.Api.System.DeviceByIndex;
        var result = function.Call((uint)index, ref pointer);
        if (result == NvmlReturn.Success)
        {
            var uuid = session.Api.GetUuid(pointer, out result);
            function = session.Api.Device.Uuid;
            if (result == NvmlReturn.Success)
            {
                var problem = uuid is null ? $"{function.Name} gave text that is no UUID" : null;
                return new GpuSlot(result, new NvmlHandle(pointer, session.Generation), uuid, problem);
            }
        }

        return result.IsDriverLoss()
            ? throw new NvmlException(function.Name, result)
            : new GpuSlot(result, default, null, NvmlException.Describe(function.Name, result));
    }

    /// <exception cref="NvmlException">The driver is lost, or does not say it.</exception>
    public static int Count(NvmlSession session)
    {
        session.ThrowIfLost();
        uint count = 0;
        var function = session.Api.System.DeviceCount;
        var result = function.Call(ref count);
        return result == NvmlReturn.Success
            ? (int)Math.Min(count, MostGpus)
            : throw new NvmlException(function.Name, result);
    }
}
