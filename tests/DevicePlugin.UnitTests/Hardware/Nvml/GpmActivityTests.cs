using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>The activity between two samples, against a library that numbers its samples and remembers which are free.</summary>
internal sealed class GpmActivityTests
{
    private const int FirstMetric = 24;
    private const int MetricSize = 40;

    private FakeTimeProvider _time = null!;
    private ScriptedNvml _nvml = null!;
    private List<nint> _allocated = null!;
    private List<nint> _filled = null!;
    private List<(nint Baseline, nint Newer)> _compared = null!;
    private double[] _values = null!;
    private NvmlReturn _resultOfSm;
    private NvmlReturn _sample;

    [SetUp]
    public void SetUp()
    {
        (_time, _nvml, _allocated, _filled, _compared) = (new(), new(), [], [], []);
        (_values, _resultOfSm, _sample) = ([10, 20, 30], NvmlReturn.Success, NvmlReturn.Success);
        nint next = 0x1000;
        _nvml["nvmlGpmSampleAlloc"] = new ScriptedNvml.PointerCall(pointer =>
        {
            _allocated.Add(++next);
            return ScriptedNvml.Answer(pointer, (ulong)next);
        });
        _nvml["nvmlGpmSampleFree"] = new ScriptedNvml.PointerCall(sample =>
            _allocated.Remove(sample) ? NvmlReturn.Success : NvmlReturn.InvalidArgument);
        _nvml["nvmlGpmSampleGet"] = new ScriptedNvml.DeviceCall((_, sample) =>
        {
            _filled.Add(sample);
            return _sample;
        });
        _nvml["nvmlGpmMetricsGet"] = new ScriptedNvml.PointerCall(Compare);
    }

    [Test]
    public void Read_FirstSample_IsNothingUntilTheWindowIsOver()
    {
        var activity = Create();

        Assert.That(activity.Read(), Is.Null);
        _time.Advance(GpmActivity.ShortestWindow - TimeSpan.FromMilliseconds(1));
        Assert.That(activity.Read(), Is.Null);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(activity.Read(), Is.EqualTo(new GpmReadings(10, 20, 30)));
    }

    [Test]
    public void Read_LaterWindows_BeginWhereTheOneBeforeEnded()
    {
        var activity = Create();
        activity.Read();
        _time.Advance(GpmActivity.ShortestWindow);
        activity.Read();
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        activity.Read();
        Assert.That(_compared, Has.Count.EqualTo(1), "a comparison is good for ten seconds");

        for (var i = 0; i < 2; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            activity.Read();
        }

        var (first, second) = (_allocated[0], _allocated[1]);
        Assert.That(_compared, Is.EqualTo([(first, second), (second, first), (first, second)]));
        Assert.That(_filled, Is.EqualTo([first, second, first, second]));
    }

    [Test]
    public void Read_OneMetricFails_TheOthersAreShown()
    {
        var activity = Create();
        activity.Read();
        _time.Advance(GpmActivity.ShortestWindow);
        _resultOfSm = NvmlReturn.NotSupported;

        Assert.That(activity.Read(), Is.EqualTo(new GpmReadings(10, null, 30)));
    }

    [TestCase(-0.4, 0)]
    [TestCase(100.7, 100)]
    [TestCase(-1.5, -1.5)]
    [TestCase(101.5, 101.5)]
    [TestCase(55.5, 55.5)]
    public void Read_ValueBesideItsRange_IsRoundedWhereItIsNearAndLeftToThePlausibilityCheckWhereItIsNot(double value, double expected)
    {
        var activity = Create();
        activity.Read();
        _time.Advance(GpmActivity.ShortestWindow);
        _values = [value, 20, 30];

        Assert.That(activity.Read()?.GraphicsEngine, Is.EqualTo(expected));
    }

    [Test]
    public void Read_SampleFails_IsNothingAndTriesAgain()
    {
        var activity = Create();
        activity.Read();
        _time.Advance(GpmActivity.ShortestWindow);
        _sample = NvmlReturn.Unknown;
        Assert.That(activity.Read(), Is.Null);
        Assert.That(_compared, Is.Empty);

        _sample = NvmlReturn.Success;
        _time.Advance(GpmActivity.ShortestWindow);

        Assert.That(activity.Read(), Is.Not.Null);
    }

    [Test]
    public void Dispose_FreesBothSamples()
    {
        var activity = Create();
        Assert.That(_allocated, Has.Count.EqualTo(2));

        activity.Dispose();

        Assert.That(_allocated, Is.Empty);
    }

    [Test]
    public void TryCreate_SecondSampleIsRefused_FreesTheFirst()
    {
        _nvml["nvmlGpmSampleAlloc"] = new ScriptedNvml.PointerCall(pointer =>
        {
            if (_allocated.Count == 1)
            {
                return NvmlReturn.Memory;
            }

            _allocated.Add(7);
            return ScriptedNvml.Answer(pointer, 7ul);
        });

        Assert.That(GpmActivity.TryCreate(_nvml.Query(), null, _time), Is.Null);
        Assert.That(_allocated, Is.Empty);
    }

    private GpmActivity Create() => GpmActivity.TryCreate(_nvml.Query(), null, _time)!;

    private NvmlReturn Compare(nint request)
    {
        _compared.Add((Marshal.ReadIntPtr(request, 8), Marshal.ReadIntPtr(request, 16)));
        for (var i = 0; i < _values.Length; i++)
        {
            var metric = request + FirstMetric + (i * MetricSize);
            Marshal.WriteInt32(metric, 4, (int)(i == 1 ? _resultOfSm : NvmlReturn.Success));
            Marshal.WriteInt64(metric, 8, BitConverter.DoubleToInt64Bits(_values[i]));
        }

        return NvmlReturn.Success;
    }
}
