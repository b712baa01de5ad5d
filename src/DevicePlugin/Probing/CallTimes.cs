using System.Globalization;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Probing;

/// <summary>Collects the duration of each call, on the threads that make the calls.</summary>
internal sealed class CallTimes
{
    private readonly Lock _gate = new();
    private readonly List<CallTime> _times = [];

    public void Add(string function, TimeSpan duration, string? error)
    {
        lock (_gate)
        {
            if (_times.Find(time => time.Function == function) is not { } known)
            {
                _times.Add(known = new CallTime(function));
            }

            known.Add(duration, error);
        }
    }

    /// <summary>A line for each function, then one for each that failed.</summary>
    public IReadOnlyList<ProbeResult> Describe()
    {
        lock (_gate)
        {
            _times.Sort((one, other) => string.CompareOrdinal(one.Function, other.Function));
            return
            [
                .. _times.Select(time => new ProbeResult(true, "call", time.ToString())),
                .. _times.Where(time => time.Error is not null)
                    .Select(time => new ProbeResult(false, "call-error", $"{time.Function} answered {time.Error}")),
            ];
        }
    }

    private sealed class CallTime(string function)
    {
        private int _count;
        private TimeSpan _total;
        private TimeSpan _slowest;

        public string Function => function;

        /// <summary>The last one; null while there was none.</summary>
        public string? Error { get; private set; }

        public void Add(TimeSpan duration, string? error)
        {
            _count++;
            _total += duration;
            _slowest = duration > _slowest ? duration : _slowest;
            Error = error ?? Error;
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{function} {_count}x, mean {_total.TotalMilliseconds / _count:0.000} ms, slowest {_slowest.TotalMilliseconds:0.000} ms");
    }
}
