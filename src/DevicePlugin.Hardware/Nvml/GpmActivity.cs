using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// How busy a GPU instance was between two GPM samples: NVML compares two samples at least 100 ms apart, and the newer
/// one is kept as the next baseline.
/// </summary>
internal sealed class GpmActivity : IDisposable
{
    private const uint GraphicsEngineMetric = 1;
    private const uint SmMetric = 2;
    private const uint DramMetric = 10;

    public static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(100);

    private readonly DeviceQuery _parent;
    private readonly GpmFunctions _gpm;
    private readonly uint? _gpuInstance;
    private readonly Freshness _firstWindow;
    private readonly Freshness _age;
    private nint _baseline;
    private nint _spare;
    private bool _hasBaseline;
    private GpmReadings? _readings;

    private GpmActivity(DeviceQuery parent, uint? gpuInstance, nint baseline, nint spare, TimeProvider time)
    {
        _parent = parent;
        _gpm = parent.Api.Gpm;
        _gpuInstance = gpuInstance;
        _baseline = baseline;
        _spare = spare;
        _firstWindow = new Freshness(time, ShortestWindow);
        _age = new Freshness(time, TimeSpan.FromSeconds(10));
    }

    public static bool IsSupported(DeviceQuery parent) =>
        parent.Get(parent.Api.Gpm.QueryDeviceSupport, new GpmSupport { Version = GpmSupport.Tag })?.IsSupported == 1;

    /// <param name="gpuInstance">Null: the whole GPU, which has to have MIG switched off.</param>
    public static GpmActivity? TryCreate(DeviceQuery parent, uint? gpuInstance, TimeProvider time)
    {
        nint baseline = 0, spare = 0;
        var allocate = parent.Api.Gpm.SampleAlloc;
        if (allocate.Call(ref baseline) != NvmlReturn.Success)
        {
            return null;
        }

        if (allocate.Call(ref spare) == NvmlReturn.Success)
        {
            return new GpmActivity(parent, gpuInstance, baseline, spare, time);
        }

        parent.Api.Gpm.SampleFree.Call(baseline);
        return null;
    }

    /// <summary>Nothing until there is a second sample.</summary>
    public GpmReadings? Read()
    {
        if (!_hasBaseline)
        {
            _hasBaseline = Sample(_baseline);
            _firstWindow.Read();
        }
        else if (_readings is null ? _firstWindow.IsDue : _age.IsDue)
        {
            _readings = Sample(_spare) ? Compare() : null;
            (_baseline, _spare) = (_spare, _baseline);
            _firstWindow.Read();
            _age.Read();
        }

        return _readings;
    }

    public void Dispose()
    {
        _gpm.SampleFree.Call(_baseline);
        _gpm.SampleFree.Call(_spare);
    }

    private bool Sample(nint sample)
    {
        if (_gpuInstance is not { } instance)
        {
            return _parent.Plan.Wants(_gpm.SampleGet.Name)
                && _parent.Plan.Accept(_gpm.SampleGet.Name, _gpm.GetSample(_parent.Device, sample));
        }

        return _parent.Plan.Wants(_gpm.MigSampleGet.Name, instance)
            && _parent.Plan.Accept(
                _gpm.MigSampleGet.Name, _gpm.GetMigSample(_parent.Device, instance, sample), instance);
    }

    private unsafe GpmReadings? Compare()
    {
        // On the heap: 13 kB of which the library may write everything.
        var get = (GpmMetricsGet*)NativeMemory.AllocZeroed((nuint)sizeof(GpmMetricsGet));
        try
        {
            get->Version = GpmSupport.Tag;
            get->MetricCount = 3;
            get->Sample1 = _baseline;
            get->Sample2 = _spare;
            get->Metrics[0].MetricId = GraphicsEngineMetric;
            get->Metrics[1].MetricId = SmMetric;
            get->Metrics[2].MetricId = DramMetric;
            return _parent.Plan.Accept(_gpm.MetricsGet.Name, _gpm.MetricsGet.Call(ref *get))
                ? new GpmReadings(Percent(get->Metrics[0]), Percent(get->Metrics[1]), Percent(get->Metrics[2]))
                : null;
        }
        finally
        {
            NativeMemory.Free(get);
        }
    }

    private static double? Percent(in GpmMetric metric) =>
        metric.Result == NvmlReturn.Success ? Rounded(metric.Value) : null;

    // A quotient of two counters and two times may miss its bounds by a little; what misses them by more is no activity.
    private static double Rounded(double percent) => percent is >= -1 and <= 101 ? Math.Clamp(percent, 0, 100) : percent;
}
