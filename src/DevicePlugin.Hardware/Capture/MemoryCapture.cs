using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

internal static class MemoryCapture
{
    public static void Read(CapturedValues values)
    {
        ReadSizes(values);
        var query = values.Query;
        var device = query.Api.Device;
        values.AddNumber(MemoryKeys.BusWidthBits, device.MemoryBusWidth);
        values.AddNumber(MemoryKeys.NumaNode, query.Api.Record.NumaNodeId);
        var isProtected = query.Get<MemoryInfo>(query.Api.Record.ProtectedMemoryUsage);
        values.AddBytes(MemoryKeys.ProtectedTotalMiB, isProtected?.Total);
        values.AddBytes(MemoryKeys.ProtectedUsedMiB, isProtected?.Used);
        var bar1 = query.Get<Bar1MemoryInfo>(device.Bar1MemoryInfo);
        values.AddBytes(Bar1Keys.TotalMiB, bar1?.Total);
        values.AddBytes(Bar1Keys.UsedMiB, bar1?.Used);
        values.AddBytes(Bar1Keys.FreeMiB, bar1?.Free);
    }

    private static void ReadSizes(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        if (query.Get(device.MemoryInfo2, new MemoryInfoV2 { Version = MemoryInfoV2.Tag }) is { } memory)
        {
            values.AddBytes(MemoryKeys.TotalMiB, memory.Total);
            values.AddBytes(MemoryKeys.ReservedMiB, memory.Reserved);
            values.AddBytes(MemoryKeys.UsedMiB, memory.Used);
            values.AddBytes(MemoryKeys.FreeMiB, memory.Free);
        }
        else if (query.Get<MemoryInfo>(device.MemoryInfo) is { } first)
        {
            values.AddBytes(MemoryKeys.TotalMiB, first.Total);
            values.AddBytes(MemoryKeys.UsedMiB, first.Used);
            values.AddBytes(MemoryKeys.FreeMiB, first.Free);
        }
        else if (query.Plan.IsNotSupported(device.MemoryInfo.Name))
        {
            values.Add(MemoryKeys.Unified, true);
        }
    }
}
