using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

internal static class MigCapture
{
    private const int MostSlots = 64;

    /// <param name="activity">What GPM said of a GPU instance.</param>
    public static void Read(CapturedValues values, IReadOnlyDictionary<uint, GpmReadings> activity)
    {
        var query = values.Query;
        var mig = query.Api.Mig;
        var mode = query.GetPair(mig.Mode);
        values.Add(MigKeys.Enabled, mode is { } current ? current.First != 0 : null);
        values.Add(MigKeys.EnabledPending, mode is { } pending ? pending.Second != 0 : null);
        values.AddNumber(MigKeys.MaxInstances, mig.MaxDeviceCount);
        if (mode is not null)
        {
            ImmutableArray<KeyedValues> instances =
            [
                .. Instances(query).Select(instance => Describe(
                    new CapturedValues(instance.Device), instance.Slot, activity)).OfType<KeyedValues>(),
            ];
            values.Add(MigKeys.Instances, instances);
        }
    }

    /// <summary>The slots that hold something, empty with MIG off.</summary>
    public static IEnumerable<(uint Slot, DeviceQuery Device)> Instances(DeviceQuery query)
    {
        var mig = query.Api.Mig;
        var slots = query.GetPair(mig.Mode)?.First > 0 ? query.GetInt(mig.MaxDeviceCount) ?? 0 : 0;
        for (uint slot = 0; slot < Math.Min(slots, MostSlots); slot++)
        {
            nint handle = 0;
            var result = mig.DeviceBySlot.Call(query.Device, slot, ref handle);
            if (!result.IsAbsent() && query.Plan.Accept(mig.DeviceBySlot.Name, result, slot))
            {
                yield return (slot, new DeviceQuery(query.Api, handle, new CallPlan()));
            }
        }
    }

    /// <summary>Null while the instance is made or destroyed: not all that the format requires is there.</summary>
    private static KeyedValues? Describe(
        CapturedValues values, uint slot, IReadOnlyDictionary<uint, GpmReadings> activity)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var mig = query.Api.Mig;
        values.Add(MigInstanceKeys.Slot, slot);
        values.AddNumber(MigInstanceKeys.GpuInstance, mig.GpuInstanceId);
        values.AddNumber(MigInstanceKeys.ComputeInstance, mig.ComputeInstanceId);
        values.AddText(MigInstanceKeys.Uuid, device.Uuid);
        values.AddText(MigInstanceKeys.Name, device.Name);
        var memory = query.Get(device.MemoryInfo2, new MemoryInfoV2 { Version = MemoryInfoV2.Tag });
        values.AddBytes(MigInstanceKeys.MemoryTotalMiB, memory?.Total);
        values.AddBytes(MigInstanceKeys.MemoryUsedMiB, memory?.Used);
        values.AddBytes(MigInstanceKeys.MemoryReservedMiB, memory?.Reserved);
        values.AddBytes(MigInstanceKeys.MemoryFreeMiB, memory?.Free);
        var bar1 = query.Get<Bar1MemoryInfo>(device.Bar1MemoryInfo);
        values.AddBytes(MigInstanceKeys.Bar1TotalMiB, bar1?.Total);
        values.AddBytes(MigInstanceKeys.Bar1UsedMiB, bar1?.Used);
        ReadAttributes(values);
        ReadActivity(values, activity);
        return MigInstanceKeys.Group.Required.All(values.Values.Has) ? values.Values : null;
    }

    private static void ReadAttributes(CapturedValues values)
    {
        var query = values.Query;
        var result = query.Api.GetDeviceAttributes(query.Device, out var attributes, out var hasSlices);
        if (!query.Plan.Accept(query.Api.Mig.Attributes2.Name, result))
        {
            return;
        }

        values.Add(MigInstanceKeys.SmCount, attributes.MultiprocessorCount);
        values.Add(MigInstanceKeys.CopyEngines, attributes.SharedCopyEngineCount);
        values.Add(MigInstanceKeys.Decoders, attributes.SharedDecoderCount);
        values.Add(MigInstanceKeys.Encoders, attributes.SharedEncoderCount);
        values.Add(MigInstanceKeys.JpegEngines, attributes.SharedJpegCount);
        values.Add(MigInstanceKeys.OfaEngines, attributes.SharedOfaCount);
        values.Add(MigInstanceKeys.GpuSlices, hasSlices ? attributes.GpuInstanceSliceCount : null);
        values.Add(MigInstanceKeys.ComputeSlices, hasSlices ? attributes.ComputeInstanceSliceCount : null);
    }

    private static void ReadActivity(CapturedValues values, IReadOnlyDictionary<uint, GpmReadings> activity)
    {
        if (values.Values[MigInstanceKeys.GpuInstance] is { } id && activity.TryGetValue((uint)id, out var readings))
        {
            values.Add(MigInstanceKeys.GraphicsPercent, readings.GraphicsEngine);
            values.Add(MigInstanceKeys.SmPercent, readings.Sm);
            values.Add(MigInstanceKeys.DramPercent, readings.Dram);
        }
    }
}
