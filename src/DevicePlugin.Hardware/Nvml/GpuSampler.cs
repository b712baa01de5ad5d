using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Samples a physical GPU. The statistics of the official plugin are read each time, what else there is every ten
/// seconds and process lists once a minute (values.md): about nine calls a sample at one sample a second.
/// </summary>
internal sealed class GpuSampler
{
    private readonly DeviceQuery _query;
    private readonly DeviceFunctions _device;
    private readonly FieldBatch _fields;
    private readonly SlowReadings _slow;
    private readonly Freshness _slowAge;
    private readonly Freshness _processAge;
    private readonly string _procRoot;
    private GpuReadings _base = GpuReadings.None;
    private bool _powerFieldIsGood;

    public GpuSampler(DeviceQuery query, string procRoot, TimeProvider time)
    {
        _query = query;
        _device = query.Api.Device;
        _fields = new FieldBatch(query);
        _slow = new SlowReadings(query, _fields);
        _slowAge = new Freshness(time, TimeSpan.FromSeconds(10));
        _processAge = new Freshness(time, TimeSpan.FromSeconds(60));
        _procRoot = procRoot;
    }

    /// <summary>After MIG or ECC was switched other values are supported.</summary>
    public void Forget()
    {
        _fields.Forget();
        _slowAge.Expire();
        _processAge.Expire();
        _base = GpuReadings.None;
    }

    /// <param name="nvLinks">How many the board can use.</param>
    public GpuReadings Read(int nvLinks)
    {
        var slow = _slowAge.IsDue;
        ReadFields(slow, nvLinks);
        double? usage = null;
        if (slow)
        {
            usage = CheckPowerField();
            _base = _slow.Read(_base, nvLinks);
            _slowAge.Read();
        }

        if (_processAge.IsDue)
        {
            _base = _base with
            {
                ComputeProcesses = _query.Count(_device.ComputeProcesses),
                GraphicsProcesses = _query.Count(_device.GraphicsProcesses),
            };
            _processAge.Read();
        }

        return ReadFast(usage);
    }

    private void ReadFields(bool slow, int nvLinks)
    {
        _fields.Clear();
        _fields.Add(FieldId.PowerAverage);
        _fields.Add(FieldId.PowerInstant);
        _fields.Add(FieldId.PowerLimit);
        _fields.Add(FieldId.EccL1CorrectedVolatile);
        _fields.Add(FieldId.EccL2CorrectedVolatile);
        _fields.Add(FieldId.EccMemoryCorrectedVolatile);
        if (slow)
        {
            _slow.AddFields(nvLinks);
        }

        _fields.Read();
    }

    /// <param name="usage">The power usage where this sample has asked for it already.</param>
    private GpuReadings ReadFast(double? usage)
    {
        var memory = ReadMemory();
        var bar1 = _query.Get<Bar1MemoryInfo>(_device.Bar1MemoryInfo);
        var utilization = _query.Get<Utilization>(_device.UtilizationRates);
        return _base with
        {
            MemoryUsedMiB = memory.Used,
            MemoryTotalMiB = memory.Total,
            MemoryReservedMiB = memory.Reserved,
            MemoryFreeMiB = memory.Free,
            Bar1UsedMiB = bar1?.Used.ToMiB(),
            Bar1TotalMiB = bar1?.Total.ToMiB(),
            PowerUsageWatts = usage ?? ReadPower(),
            PowerLimitWatts = _fields.GetWatts(FieldId.PowerLimit) ?? _base.PowerLimitWatts,
            GpuUtilizationPercent = DeviceQuery.ToReading(utilization?.Gpu),
            MemoryUtilizationPercent = DeviceQuery.ToReading(utilization?.Memory),
            EncoderUtilizationPercent = DeviceQuery.ToReading(_query.GetPair(_device.EncoderUtilization)?.First),
            DecoderUtilizationPercent = DeviceQuery.ToReading(_query.GetPair(_device.DecoderUtilization)?.First),
            TemperatureC = ReadTemperature(),
            EccL1Corrected = ReadCorrected(FieldId.EccL1CorrectedVolatile, location: 0),
            EccL2Corrected = ReadCorrected(FieldId.EccL2CorrectedVolatile, location: 1),
            EccMemoryCorrected = ReadCorrected(FieldId.EccMemoryCorrectedVolatile, location: 2),
        };
    }

    private MemoryReadings ReadMemory()
    {
        var readings = MemoryReadings.Read(_query);
        return readings.Total is null && _query.Plan.IsNotSupported(_device.MemoryInfo.Name)
            ? MemoryReadings.OfSystem(_procRoot)
            : readings;
    }

    /// <summary>
    /// nvmlDeviceGetPowerUsage is the mean over a second, which has a field too; on GA100 and older it is the instant,
    /// which has another. The field saves the call, and is compared with it every ten seconds.
    /// </summary>
    private double? ReadPower() => (_powerFieldIsGood ? PowerField() : null) ?? _query.GetWatts(_device.PowerUsage);

    private double? PowerField() =>
        _fields.GetWatts(FieldId.PowerAverage) ?? _fields.GetWatts(FieldId.PowerInstant);

    private double? CheckPowerField()
    {
        // The two calls are a moment apart.
        const double Tolerance = 0.05;
        var usage = _query.GetWatts(_device.PowerUsage);
        _powerFieldIsGood = PowerField() is { } field
            && (usage is null || Math.Abs(field - usage.Value) <= Math.Max(1, usage.Value * Tolerance));
        return usage;
    }

    private int? ReadTemperature() =>
        _query.Get(_device.TemperatureV, new TemperatureInfo { Version = TemperatureInfo.Tag })?.Celsius
        ?? _query.GetInt(_device.Temperature, 0);

    /// <summary>Power and temperature alone, for the instances of a GPU that is not sampled itself.</summary>
    public (double? Watts, int? Celsius) ReadParent()
    {
        _fields.Clear();
        return (_query.GetWatts(_device.PowerUsage), ReadTemperature());
    }

    private long? ReadCorrected(uint field, uint location)
    {
        if (_fields.Wants(field))
        {
            return _fields.Get(field);
        }

        ulong count = 0;
        var function = _device.MemoryErrorCounter;
        return _query.Plan.Wants(function.Name, location)
            && _query.Plan.Accept(function.Name, function.Call(_query.Device, 0, 0, location, ref count), location)
            ? (long)count
            : null;
    }
}
