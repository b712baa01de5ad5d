using System.Collections.Immutable;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>power, clocks, thermal, utilization; <see cref="FieldCapture"/> has what only fields answer.</summary>
internal static class PowerCapture
{
    private const int MostClocks = 4096;

    public static void ReadPower(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        values.AddWatts(PowerKeys.UsageWatts, device.PowerUsage);
        values.AddWatts(PowerKeys.LimitWatts, device.EnforcedPowerLimit);
        values.AddWatts(PowerKeys.RequestedLimitWatts, device.PowerManagementLimit);
        values.AddWatts(PowerKeys.DefaultLimitWatts, device.PowerDefaultLimit);
        var limits = query.GetPair(device.PowerLimitConstraints);
        values.Add(PowerKeys.MinLimitWatts, limits?.First / 1000.0);
        values.Add(PowerKeys.MaxLimitWatts, limits?.Second / 1000.0);
        values.Add(PowerKeys.EnergyJoules, query.Get<ulong>(device.TotalEnergyConsumption) / 1000.0);
    }

    public static void ReadClocks(CapturedValues values)
    {
        var device = values.Query.Api.Device;
        var record = values.Query.Api.Record;
        values.AddNumber(ClocksKeys.GraphicsMHz, device.ClockInfo, ClockType.Graphics);
        values.AddNumber(ClocksKeys.SmMHz, device.ClockInfo, ClockType.Sm);
        values.AddNumber(ClocksKeys.MemoryMHz, device.ClockInfo, ClockType.Memory);
        values.AddNumber(ClocksKeys.VideoMHz, device.ClockInfo, ClockType.Video);
        values.AddNumber(ClocksKeys.MaxGraphicsMHz, device.MaxClockInfo, ClockType.Graphics);
        values.AddNumber(ClocksKeys.MaxSmMHz, device.MaxClockInfo, ClockType.Sm);
        values.AddNumber(ClocksKeys.MaxMemoryMHz, device.MaxClockInfo, ClockType.Memory);
        values.AddNumber(ClocksKeys.MaxVideoMHz, device.MaxClockInfo, ClockType.Video);
        values.AddNumber(ClocksKeys.ApplicationGraphicsMHz, record.ApplicationsClock, ClockType.Graphics);
        values.AddNumber(ClocksKeys.ApplicationMemoryMHz, record.ApplicationsClock, ClockType.Memory);
        values.AddNumber(ClocksKeys.DefaultApplicationGraphicsMHz, record.DefaultApplicationsClock, ClockType.Graphics);
        values.AddNumber(ClocksKeys.DefaultApplicationMemoryMHz, record.DefaultApplicationsClock, ClockType.Memory);
        values.AddNumber(ClocksKeys.BoostGraphicsMHz, record.MaxCustomerBoostClock, ClockType.Graphics);
        values.AddNumber(ClocksKeys.PerformanceState, device.PerformanceState);
        values.Add(ClocksKeys.EventReasons, EventReasons(values.Query));
        values.Add(ClocksKeys.Supported, SupportedClocks(values.Query));
    }

    public static void ReadThermal(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        values.Add(ThermalKeys.GpuC, Temperature(query));
        values.Add(ThermalKeys.MarginC, query.Get(
            device.MarginTemperature, new MarginTemperature { Version = MarginTemperature.Tag })?.Celsius);
        var threshold = query.Api.Record.TemperatureThreshold;
        values.AddNumber(ThermalKeys.ShutdownC, threshold, 0);
        values.AddNumber(ThermalKeys.SlowdownC, threshold, 1);
        values.AddNumber(ThermalKeys.MemoryMaxC, threshold, 2);
        values.AddNumber(ThermalKeys.GpuMaxC, threshold, 3);
        values.AddNumber(ThermalKeys.Fans, query.Api.Record.NumFans);
        values.AddNumber(ThermalKeys.FanPercent, device.FanSpeed);
    }

    public static void ReadUtilization(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var rates = query.Get<Utilization>(device.UtilizationRates);
        values.Add(UtilizationKeys.GpuPercent, rates?.Gpu);
        values.Add(UtilizationKeys.MemoryPercent, rates?.Memory);
        values.Add(UtilizationKeys.EncoderPercent, query.GetPair(device.EncoderUtilization)?.First);
        values.Add(UtilizationKeys.DecoderPercent, query.GetPair(device.DecoderUtilization)?.First);
        values.Add(UtilizationKeys.JpegPercent, query.GetPair(device.JpgUtilization)?.First);
        values.Add(UtilizationKeys.OfaPercent, query.GetPair(device.OfaUtilization)?.First);
    }

    private static int? Temperature(DeviceQuery query)
    {
        var function = query.Api.Device.Temperature;
        var celsius = 0;
        return query.Plan.Accept(function.Name, function.Call(query.Device, 0u, ref celsius)) ? celsius : null;
    }

    /// <summary>The words stand in the order of the bits.</summary>
    private static ImmutableArray<string>? EventReasons(DeviceQuery query) =>
        query.Get<ulong>(query.Api.Device.ClocksEventReasons) is { } bits
            ? [.. ClocksKeys.EventReasons.Words.Where((_, bit) => (bits & (1ul << bit)) != 0)]
            : null;

    private static ImmutableArray<KeyedValues>? SupportedClocks(DeviceQuery query)
    {
        var record = query.Api.Record;
        var buffer = new uint[MostClocks];
        uint count = MostClocks;
        var result = record.SupportedMemoryClocks.CallList<uint>(query.Device, ref count, buffer);
        return query.Plan.Accept(record.SupportedMemoryClocks.Name, result)
            ? [.. buffer[..(int)count].Select(memory => ClockSet(query, memory))]
            : null;
    }

    private static KeyedValues ClockSet(DeviceQuery query, uint memory)
    {
        var function = query.Api.Record.SupportedGraphicsClocks;
        var buffer = new uint[MostClocks];
        uint count = MostClocks;
        var known = query.Plan.Accept(
            function.Name, function.CallList<uint>(query.Device, memory, ref count, buffer), memory);
        ImmutableArray<long> clocks = known ? [.. buffer[..(int)count].Select(clock => (long)clock)] : [];
        return KeyedValues.Empty.With(ClockSetKeys.MemoryMHz, (long)memory).With(ClockSetKeys.GraphicsMHz, clocks);
    }
}
