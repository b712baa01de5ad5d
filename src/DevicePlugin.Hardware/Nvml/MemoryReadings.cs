using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Memory of a GPU or an instance, in MiB.</summary>
internal readonly record struct MemoryReadings(long? Used, long? Total, long? Reserved, long? Free)
{
    public static MemoryReadings Read(DeviceQuery query)
    {
        var device = query.Api.Device;
        if (query.Get(device.MemoryInfo2, new MemoryInfoV2 { Version = MemoryInfoV2.Tag }) is { } memory)
        {
            return new MemoryReadings(
                memory.Used.ToMiB(), memory.Total.ToMiB(), memory.Reserved.ToMiB(), memory.Free.ToMiB());
        }

        return query.Get<MemoryInfo>(device.MemoryInfo) is { } first
            ? new MemoryReadings(first.Used.ToMiB(), first.Total.ToMiB(), null, first.Free.ToMiB())
            : default;
    }

    public static MemoryReadings OfSystem(string procRoot) => SystemMemory.Read(procRoot) is { } memory
        ? new MemoryReadings(memory.TotalMiB - memory.AvailableMiB, memory.TotalMiB, null, memory.AvailableMiB)
        : default;
}
