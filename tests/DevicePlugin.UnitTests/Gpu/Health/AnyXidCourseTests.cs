using CsCheck;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Health;

/// <summary>
/// Whatever happens in whatever order: no device becomes healthy within the settling time of its last grave XID, nor on
/// evidence that was read before it. What counts as evidence is said here once more, by what happened and not by what the
/// tracker noted.
/// </summary>
internal sealed class AnyXidCourseTests
{
    private static readonly GpuDevice Whole = TestGpus.Gpu(0);
    private static readonly GpuDevice Divided = TestGpus.Gpu(1);
    private static readonly GpuDevice[] Instances = [TestGpus.Instance(Divided, 1), TestGpus.Instance(Divided, 2)];

    private static readonly GpuDevice[] Offered = [Whole, .. Instances];
    private static readonly GpuDevice[] AllDevices = [Whole, Divided, .. Instances];

    private static readonly Gen<Step> AnyXid =
        from divided in Gen.Bool
        from instance in Gen.Int[0, 2]
        from xid in OneOf<long>(48, 79, 95, 119, 119, 119, 151)
        from times in Gen.Frequency((8, Gen.Const(1)), (1, Gen.Const(3)))
        select new Step(
            divided ? $"{times} x XID {xid} of instance {instance}" : $"{times} x XID {xid}",
            course => course.Raise(divided ? Divided : Whole, divided && instance > 0 ? instance : null, xid, times));

    private static readonly Gen<Step> AnyFlood =
        from first in Gen.Long[200, 900]
        select new Step($"a flood from XID {first}", course => course.Flood(first));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, AnyXid),
        (1, AnyFlood),
        (4, OneOf<bool?>(null, false, false, true).Select(
            needed => new Step($"recovery needed: {needed}", course => course.RecoveryNeeded = needed))),
        (6, Gen.Const(new Step("begin", course => course.Begin()))),
        (6, Gen.Const(new Step("end", course => course.End()))),
        (3, Gen.Const(new Step("reload", course => course.Reload()))),
        (1, Gen.Const(new Step("boot", course => course.Boot()))),
        (2, Gen.Const(new Step("restart", course => course.Restart()))),

        // Not forward: over a restart of the process that cannot be told from time that passed.
        (1, Gen.Int[-7200, 0].Select(seconds => new Step($"clock set by {seconds} s", course => course.SetClock(seconds)))),
        (1, OneOf<DeviceFaultKind?>(DeviceFaultKind.Lost, DeviceFaultKind.Unresponsive, DeviceFaultKind.RemapPending, null)
            .Select(fault => new Step($"fault {fault}", course => course.Fault = fault))),
        (1, Gen.Bool.Select(enabled => new Step($"enabled {enabled}", course => course.Enable(enabled)))),
        (6, Gen.Int[1, 40].Select(seconds => new Step($"{seconds} s", course => course.Pass(seconds)))));

    [Test]
    public void AnyCourse_NoDeviceIsHealthyTooSoon() =>
        AnyStep.Array[1, 40].Sample(
            steps =>
            {
                using var course = new Course();
                foreach (var step in steps)
                {
                    step.Take(course);
                    course.Check();
                }
            },
            iter: 20_000, print: steps => string.Join("; ", steps.Select(step => step.Text)));

    [Test]
    public void AnyCourse_EndsHealthyWhenTheMachineBootsAndNothingMoreHappens() =>
        AnyStep.Array[1, 40].Sample(
            steps =>
            {
                using var course = new Course();
                foreach (var step in steps)
                {
                    step.Take(course);
                }

                course.AssertRecovers();
            },
            iter: 2000, print: steps => string.Join("; ", steps.Select(step => step.Text)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private sealed record Step(string Text, Action<Course> Take);

    /// <summary>The course of the world, and a tracker that sees what a plugin would see of it.</summary>
    private sealed class Course : IDisposable
    {
        private readonly SettableTimeProvider _time = new();
        private readonly TestLogs _logs = new();
        private readonly List<Grave> _graves = [];
        private readonly List<Evidence> _evidence = [];
        private HealthTracker _tracker;
        private HealthPolicy _policy = new() { Xids = new XidTable([], Enumerable.Range(200, 750)) };
        private (HealthMark Mark, NodeReport Report, Evidence Evidence)? _pending;
        private int _module = 1;
        private int _boot = 1;
        private int _order;
        private bool _isSeen;

        public Course()
        {
            _tracker = NewTracker();
            Begin();
            End();
        }

        public bool? RecoveryNeeded { get; set; } = false;

        public DeviceFaultKind? Fault { get; set; }

        private DriverLoad Load => new($"boot {_boot}", $"module {_module}");

        public void Raise(GpuDevice gpu, int? instance, long xid, int times)
        {
            for (var i = 0; i < times; i++)
            {
                _tracker.Record(new GpuEvent(GpuEventKind.Xid, gpu.Uuid, xid, instance));
            }

            string[] hit = gpu == Whole ? [Whole.Uuid]
                : instance is { } n ? [Instances[n - 1].Uuid]
                : [.. Instances.Select(device => device.Uuid)];
            _graves.AddRange(hit.Select(uuid => new Grave(uuid, xid, _time.Uptime, ++_order, Load)));
        }

        public void Flood(long first)
        {
            for (var xid = first; xid < first + 90; xid++)
            {
                Raise(Whole, null, xid, 1);
            }
        }

        /// <summary>An enumeration that reads everything at its beginning: the rest of it is a wait.</summary>
        public void Begin()
        {
            var fault = Fault is { } kind ? new DeviceFault(kind, "made up") : null;
            GpuDevice[] devices = [.. AllDevices.Select(
                device => device with { RecoveryNeeded = RecoveryNeeded, Fault = fault })];
            _pending = (
                _tracker.Begin(), TestGpus.Report(devices) with { Load = Load },
                new Evidence(_time.Uptime, ++_order, Load, RecoveryNeeded, fault is null));
        }

        public void End()
        {
            if (_pending is var (mark, report, evidence))
            {
                _tracker.Observe(report, mark);
                _isSeen = true;
                _evidence.Add(evidence);
                _pending = null;
            }
        }

        public void Reload() => _module++;

        public void Boot()
        {
            (_boot, _module) = (_boot + 1, 1);
            Restart();
        }

        public void Restart()
        {
            var memory = _tracker.Remember();
            _tracker = NewTracker();
            _tracker.Restore(memory);
            _pending = null;

            // Nomad is told of no device before the first enumeration.
            _isSeen = false;
        }

        public void SetClock(int seconds) => _time.SetClock(seconds);

        public void Enable(bool enabled) => _tracker.Configure(_policy = _policy with { Enabled = enabled });

        public void Pass(int seconds) => _time.Pass(TimeSpan.FromSeconds(seconds));

        public void Check()
        {
            if (!_policy.Enabled || !_isSeen)
            {
                return;
            }

            foreach (var device in Offered)
            {
                if (_tracker.Assess(device).IsUsable)
                {
                    var graves = _graves.Where(grave => grave.Device == device.Uuid).GroupBy(grave => grave.Xid);
                    Assert.That(graves.Select(ones => ones.Last()).Where(IsOpen), Is.Empty, device.Uuid);
                }
            }
        }

        public void AssertRecovers()
        {
            (Fault, RecoveryNeeded) = (null, false);
            Enable(true);
            Boot();
            for (var minute = 0; minute < 75; minute++)
            {
                // An XID whose load no enumeration saw may have been raised under the one that the first of them finds.
                _module += minute is 0 or 1 ? 1 : 0;
                Pass(60);
                Begin();
                End();
            }

            foreach (var device in Offered)
            {
                Assert.That(_tracker.Assess(device), Is.EqualTo(DeviceHealth.Healthy));
            }
        }

        public void Dispose() => _logs.Dispose();

        /// <summary>No evidence yet that it is over.</summary>
        private bool IsOpen(Grave grave) => !_evidence.Exists(read =>
            read.Order > grave.Order && read.Passed && read.Uptime - grave.Uptime >= GpuHealth.Settle
            && (read.Load != grave.Load || (read.RecoveryNeeded == false && grave.Xid is not (79 or 151))));

        private HealthTracker NewTracker()
        {
            var tracker = new HealthTracker(_time, _logs.CreateLogger(nameof(HealthTracker)));
            tracker.Configure(_policy);
            return tracker;
        }
    }

    private sealed record Grave(string Device, long Xid, TimeSpan Uptime, int Order, DriverLoad Load);

    private sealed record Evidence(TimeSpan Uptime, int Order, DriverLoad Load, bool? RecoveryNeeded, bool Passed);
}
