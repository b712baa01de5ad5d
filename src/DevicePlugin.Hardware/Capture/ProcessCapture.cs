using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

internal static class ProcessCapture
{
    private const int MostProcesses = 4096;
    private const int NameSize = 1024;

    public static void Read(CapturedValues values)
    {
        var api = values.Query.Api;
        values.Add(ProcessesKeys.Compute, List(values.Query, api.Device.ComputeProcesses));
        values.Add(ProcessesKeys.Graphics, List(values.Query, api.Device.GraphicsProcesses));
        values.Add(ProcessesKeys.Mps, List(values.Query, api.Record.MpsProcesses));
    }

    private static ImmutableArray<KeyedValues>? List(DeviceQuery query, NativeFunction function)
    {
        // The entry grew with _v2 from 16 to 24 bytes.
        var isFirst = !function.Name.Contains("_v", StringComparison.Ordinal);
        uint count = MostProcesses;
        var processes = new ProcessInfo[MostProcesses];
        var first = isFirst ? new ProcessInfoV1[MostProcesses] : [];
        var result = isFirst
            ? function.CallList<ProcessInfoV1>(query.Device, ref count, first)
            : function.CallList<ProcessInfo>(query.Device, ref count, processes);
        if (!query.Plan.Accept(function.Name, result))
        {
            return null;
        }

        for (var i = 0; isFirst && i < count; i++)
        {
            processes[i] = new ProcessInfo
            {
                Pid = first[i].Pid,
                UsedMemory = first[i].UsedMemory,
                GpuInstanceId = uint.MaxValue,
                ComputeInstanceId = uint.MaxValue,
            };
        }

        return [.. processes[..(int)count].Select(process => Describe(query, process))];
    }

    private static KeyedValues Describe(DeviceQuery query, ProcessInfo process)
    {
        var values = new CapturedValues(query);
        values.Add(ProcessKeys.Pid, process.Pid);
        values.Add(ProcessKeys.Name, Name(query.Api.System, process.Pid));
        // All ones is "not available" in each of the three.
        values.AddBytes(ProcessKeys.UsedMiB, process.UsedMemory == ulong.MaxValue ? null : process.UsedMemory);
        values.Add(ProcessKeys.GpuInstance, Instance(process.GpuInstanceId));
        values.Add(ProcessKeys.ComputeInstance, Instance(process.ComputeInstanceId));
        return values.Values;
    }

    private static uint? Instance(uint id) => id == uint.MaxValue ? null : id;

    private static string? Name(SystemFunctions system, uint pid)
    {
        Span<byte> buffer = stackalloc byte[NameSize];
        return system.ProcessName.CallText(pid, buffer) == NvmlReturn.Success ? NvmlText.Read(buffer) : null;
    }
}
